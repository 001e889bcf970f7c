//! Names made of the components' class names: `JavaBuildpack::Jre::OpenJdkJRE` is `Open Jdk JRE`, `open-jdk-jre`,
//! `open_jdk_jre`.

/// For people: `Open Jdk JRE`.
pub(super) fn spaced(class: &str) -> String {
    parts(class).join(" ")
}

/// For tags: `open-jdk-jre`.
pub(super) fn dashed(class: &str) -> String {
    parts(class).join("-").to_lowercase()
}

/// For files: `open_jdk_jre`.
pub(super) fn snaked(class: &str) -> String {
    parts(class).join("_").to_lowercase()
}

/// The words of the last part: cut between a small letter or digit and a capital, and before the last of several
/// capitals that a small letter follows.
fn parts(class: &str) -> Vec<String> {
    let class = class.rsplit("::").next().unwrap_or(class);
    let chars: Vec<char> = class.chars().collect();
    let mut parts = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let small_after = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let cut = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase() || before.is_ascii_digit() || before.is_ascii_uppercase() && small_after
            });
        if cut {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(*c);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_at_capitals() {
        for (class, name, tag) in [
            ("JavaBuildpack::Jre::OpenJdkJRE", "Open Jdk JRE", "open-jdk-jre"),
            ("OpenJDKLikeJre", "Open JDK Like Jre", "open-jdk-like-jre"),
            ("OpenJDKLikeMemoryCalculator", "Open JDK Like Memory Calculator", "open-jdk-like-memory-calculator"),
            ("SpringAutoReconfiguration", "Spring Auto Reconfiguration", "spring-auto-reconfiguration"),
            ("JavaBuildpack::Container::SpringBootCLI", "Spring Boot CLI", "spring-boot-cli"),
            ("MariaDbJDBC", "Maria Db JDBC", "maria-db-jdbc"),
            ("DistZip", "Dist Zip", "dist-zip"),
        ] {
            assert_eq!((spaced(class).as_str(), dashed(class).as_str()), (name, tag));
        }
        assert_eq!(snaked("JavaBuildpack::Framework::SpringAutoReconfiguration"), "spring_auto_reconfiguration");
    }
}
