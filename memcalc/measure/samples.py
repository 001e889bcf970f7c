"""Applications of many libraries: fixtures/samples, built with Maven into .cache/samples."""

import csv
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import project

FIXTURES = project.PROJECT / "fixtures" / "samples"
CACHE = project.PROJECT / ".cache" / "samples"
COMPILER = ("org.apache.maven.plugins:maven-compiler-plugin:3.14.0", "")
SHADE = (
    "org.apache.maven.plugins:maven-shade-plugin:3.6.0",
    """<executions><execution><phase>package</phase><goals><goal>shade</goal></goals><configuration>
      <createDependencyReducedPom>false</createDependencyReducedPom><transformers>
      <transformer implementation="org.apache.maven.plugins.shade.resource.ManifestResourceTransformer">
        <mainClass>demo.Application</mainClass></transformer>
      <transformer implementation="org.apache.maven.plugins.shade.resource.ServicesResourceTransformer"/>
      </transformers></configuration></execution></executions>""",
)
BOOT = ("org.springframework.boot:spring-boot-maven-plugin", "")
KOTLIN = (
    "org.jetbrains.kotlin:kotlin-maven-plugin",
    """<configuration><compilerPlugins><plugin>spring</plugin></compilerPlugins></configuration>
      <executions><execution><id>compile</id><phase>compile</phase><goals><goal>compile</goal></goals><configuration>
      <sourceDirs><sourceDir>src/main/java</sourceDir></sourceDirs></configuration></execution></executions>
      <dependencies><dependency><groupId>org.jetbrains.kotlin</groupId><artifactId>kotlin-maven-allopen</artifactId>
      <version>${kotlin.version}</version></dependency></dependencies>""",
)


def elements(words, more=""):
    names = ["groupId", "artifactId", "version"]
    return "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, words.split(":"))) + more


def coordinates(word):
    starter = word.removeprefix("starter:")
    return word if starter == word else f"org.springframework.boot:spring-boot-starter-{starter}"


def pom(name, kind, version, dependencies):
    managed = parent = ""
    plugins = [COMPILER]
    properties = {"maven.compiler.release": "17", "maven.test.skip": "true", "project.build.sourceEncoding": "UTF-8"}
    if kind in ("boot", "kotlin"):
        parent = f"<parent>{elements(f'org.springframework.boot:spring-boot-starter-parent:{version}', '<relativePath/>')}</parent>"
        properties = {"java.version": "17", "maven.test.skip": "true"}
        plugins = [BOOT] if kind == "boot" else [KOTLIN, BOOT]
    elif kind == "quarkus":
        bom = elements(f"io.quarkus:quarkus-bom:{version}", "<type>pom</type><scope>import</scope>")
        managed = f"<dependencyManagement><dependencies><dependency>{bom}</dependency></dependencies></dependencyManagement>"
        properties["quarkus.package.jar.type"] = "uber-jar"
        build = "<extensions>true</extensions><executions><execution><goals><goal>build</goal></goals></execution></executions>"
        plugins.append((f"io.quarkus:quarkus-maven-plugin:{version}", build))
    else:
        plugins.append(SHADE)
    # A word in front of which is `!` is left out of what the others bring.
    left_out = "".join(f"<exclusion>{elements(coordinates(it[1:]))}</exclusion>" for it in dependencies if it.startswith("!"))
    left_out = f"<exclusions>{left_out}</exclusions>" if left_out else ""
    dependencies = [elements(coordinates(it), left_out) for it in dependencies if not it.startswith("!")]
    return f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>{parent}
{elements(f"demo:{name}:1.0")}
<properties>{"".join(f"<{key}>{value}</{key}>" for key, value in properties.items())}</properties>
{managed}<dependencies>{"".join(f"<dependency>{it}</dependency>" for it in dependencies)}</dependencies>
<build><finalName>application</finalName>
<plugins>{"".join(f"<plugin>{elements(*it)}</plugin>" for it in plugins)}</plugins></build></project>
"""


def maven(*arguments, cwd=None):
    project.output(["mvn", "-q", "-B", *arguments], cwd=cwd)


def published(artifact):
    maven("dependency:get", "-Dtransitive=false", f"-Dartifact={artifact}")
    group, name, version = artifact.split(":")
    return Path.home() / ".m2" / "repository" / group.replace(".", "/") / name / version / f"{name}-{version}.jar"


def program(name):
    """A program of the samples, or that of an application."""
    for own in (FIXTURES / f"{name}.java", FIXTURES / f"{name}.kt"):
        if own.is_file():
            return own
    return project.FIXTURES / name / "src" / "main" / "java" / "demo" / "Application.java"


def build(row):
    """The sample's jar, built unless it is there."""
    jar = CACHE / f"{row['name']}.jar"
    if jar.is_file():
        return jar
    CACHE.mkdir(parents=True, exist_ok=True)
    dependencies = row["dependencies"].split()
    if row["kind"] == "published":
        built = published(dependencies[0])
    else:
        folder = CACHE / row["name"]
        shutil.rmtree(folder, ignore_errors=True)
        source = folder / "src" / "main" / "java" / "demo"
        source.mkdir(parents=True)
        application, *more = row["sources"].split()
        file = program(application)
        shutil.copy(file, source / f"Application{file.suffix}")
        if (FIXTURES / row["name"]).is_dir():
            shutil.copytree(FIXTURES / row["name"], folder / "src" / "main" / "resources")
        for name in more:
            shutil.copy(program(name), source)
        (folder / "pom.xml").write_text(pom(row["name"], row["kind"], row["version"], dependencies))
        maven("package", cwd=folder)
        built = folder / "target" / ("application-runner.jar" if row["kind"] == "quarkus" else "application.jar")
    shutil.copy(built, f"{jar}.part")
    Path(f"{jar}.part").rename(jar)
    return jar


def all_of_them():
    """Name to jar, arguments of java, and path to ask for: samples, and the applications that are measured in containers."""
    found = {}
    with open(FIXTURES / "samples.tsv", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            jar = build(row)
            path = "/__admin/mappings" if row["name"] == "wiremock" else "/"
            found[row["name"]] = (jar, ["-jar", str(jar), *row["arguments"].split()], path)
    for name, app in project.applications().items():
        jar = project.jar(project.application(name))
        found[name] = (jar, ["-jar", str(jar)], app["path"].split()[0])
    return found


def classes(jar, deeper=True):
    """Names of the classes in a jar and in the jars in it."""
    with zipfile.ZipFile(jar) as archive:
        for entry in archive.namelist():
            if entry.endswith(".class"):
                yield entry.removesuffix(".class")
            elif entry.endswith(".jar") and deeper:
                yield from classes(io.BytesIO(archive.read(entry)), deeper=False)
