//! The base made from this host serves users that the platform makes up.

use crate::support::judges::Podman;
use crate::support::{World, java, require_root};

#[test]
fn a_user_of_the_platform_has_a_home() {
    require_root();
    let world = World::with_jre();
    let jar = java::jar(&world, "Main-Class", "Home", include_str!("support/Home.java"));
    world.run([jar.to_str().unwrap(), "--jre", "17", "--compression", "none", "-o", "oci:home:v1"]).ok();
    let podman = Podman::open();
    for user in ["1000:1000", "1000:0", "1000660000:0"] {
        let container = podman.start_within(&world, "256m", "oci:home:v1", "PORT", &["--user", user]);
        let (ended, log) = (container.ended(), container.log());
        assert_eq!(ended, "0 false", "{user}: {log}");
        assert!(log.contains("wrote into /home/cnb"), "{user}: {log}");
    }
}
