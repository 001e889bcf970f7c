//! An application that grows without end: it ends with a message of the JVM, and never by the kernel.

use crate::support::judges::Podman;
use crate::support::{World, java, require_root};

#[test]
fn growth_ends_with_a_message() {
    require_root();
    let world = World::with_jre();
    let jar = java::jar(&world, "Main-Class", "Grow", include_str!("support/Grow.java"));
    world.run([jar.to_str().unwrap(), "--jre", "17", "--compression", "none", "-o", "oci:grow:v1"]).ok();
    let podman = Podman::open();
    for limit in ["72m", "160m", "1g"] {
        for (what, ended, said) in [
            ("heap", "3 false", "Terminating due to java.lang.OutOfMemoryError: Java heap space"),
            ("classes", "3 false", "Terminating due to java.lang.OutOfMemoryError: Metaspace"),
            ("direct", "1 false", "java.lang.OutOfMemoryError: Cannot reserve 65536 bytes of direct buffer memory"),
        ] {
            let variable = format!("GROW={what}");
            let container = podman.start_within(&world, limit, "oci:grow:v1", "PORT", &["--env", &variable]);
            let (found, log) = (container.ended(), container.log());
            assert_eq!(found, ended, "{limit} {what}: {log}");
            assert!(log.contains(said), "{limit} {what}: {log}");
        }
    }
}
