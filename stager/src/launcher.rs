//! The launcher that goes into images: a static program for x86-64 Linux, built with this crate and embedded.

/// The program, for `/cnb/lifecycle/launcher`, mode 0755.
pub fn bytes() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/launcher"))
}

/// The SHA-256 of [`bytes`] in hexadecimal, computed when this crate was built.
pub const fn sha256_hex() -> &'static str {
    env!("STAGE_LAUNCHER_SHA256")
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    fn contains(text: &str) -> bool {
        bytes().windows(text.len()).any(|window| window == text.as_bytes())
    }

    #[test]
    fn the_digest_is_that_of_the_bytes() {
        assert_eq!(HEXLOWER.encode(&Sha256::digest(bytes())), sha256_hex());
    }

    #[test]
    fn it_is_a_small_static_program_for_linux_on_x86_64() {
        let header = &bytes()[..64];
        assert_eq!(&header[..5], b"\x7fELF\x02");
        assert_eq!((header[16], header[18]), (2, 62), "fixed position, x86-64");
        // Of the program headers none asks for a dynamic loader (PT_INTERP, 3).
        let number = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        for index in 0..number(56) {
            assert_ne!(bytes()[64 + index * number(54)], 3);
        }
        assert!(bytes().len() < 1_500_000, "{}", bytes().len());
    }

    #[test]
    fn nothing_of_this_machine_is_in_it() {
        let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/").trim_end_matches("stager/");
        for text in [workspace, env!("OUT_DIR"), "/.cargo/", "/.rustup/", "/root/", "/home/"] {
            assert!(!contains(text), "{text}");
        }
    }
}
