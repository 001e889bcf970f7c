//! What the documents' commands work on, by the names they have there.

use fs_err as fs;
use std::os::unix::fs::symlink;

use crate::support::judges::debian_base;
use crate::support::{BootJar, JavaBuildpack, World, fixture, lay_out_java_v3, seed_config_server, wheel};

/// A thing that a document speaks of.
#[derive(Clone, Copy)]
pub(super) enum Thing {
    /// `app.jar`: a Spring Boot jar made by code.
    AppJar,
    /// `app`: the same as a folder.
    App,
    /// `zipkin.jar`: the real one.
    ZipkinJar,
    /// A wheel with a Java runtime, under the name it is published by.
    Wheel(&'static str),
    /// `shop`: an application in Ruby, with what leads broad rules astray.
    Shop,
    /// `seed-config-server.jar`.
    SeedJar,
    /// `java-buildpack`: an offline package of the fifth generation with tiny archives.
    JavaBuildpack,
    /// `java-buildpack`: an offline package of the third.
    JavaBuildpackV3,
    /// `base.tar`: a root file system, as far as is read of one.
    BaseTar,
    /// A Java runtime in the cache, which is one by its files only.
    Runtime,
}

impl Thing {
    /// Puts it into the folder.
    pub(super) fn lay_out(self, world: &World) {
        let path = |name: &str| world.path(name);
        match self {
            Self::AppJar => drop(BootJar::new().write(&path("app.jar"))),
            Self::App => drop(BootJar::new().explode(&path("app"), 0o755)),
            Self::ZipkinJar => symlink(fixture("zipkin"), path("zipkin.jar")).unwrap(),
            Self::Wheel(version) => {
                let (file, _) = wheel(version);
                symlink(&file, world.path("").join(file.file_name().unwrap())).unwrap();
            }
            Self::Shop => {
                for (name, text) in [
                    ("shop/Gemfile", "gem 'rails'\n"),
                    ("shop/bin/rails", "#!/usr/bin/env ruby\n"),
                    ("shop/lib/shop.rb", "module Shop\nend\n"),
                    ("shop/package.json", "{\"name\": \"shop\", \"private\": true}\n"),
                ] {
                    fs::create_dir_all(path(name).parent().unwrap()).unwrap();
                    fs::write(path(name), text).unwrap();
                }
            }
            Self::SeedJar => symlink(seed_config_server(), path("seed-config-server.jar")).unwrap(),
            Self::JavaBuildpack => JavaBuildpack::new().write(&path("java-buildpack")),
            Self::JavaBuildpackV3 => lay_out_java_v3(&path("java-buildpack")),
            Self::BaseTar => symlink(debian_base(), path("base.tar")).unwrap(),
            Self::Runtime => world.add_runtime(),
        }
    }
}
