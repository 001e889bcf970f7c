//! Root file systems made by code.

use std::io::Write;

use fs_err as fs;

use super::*;

fn member(tar: &mut tar::Builder<Vec<u8>>, kind: tar::EntryType, name: &[u8], link: &[u8], bytes: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link);
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
}

fn tar_of(names: &[&str]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for name in names {
        let kind = if name.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular };
        member(&mut tar, kind, name.as_bytes(), b"", if name.ends_with('/') { b"" } else { b"text" });
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::GzBuilder::new().filename("base.tar").write(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn opened(bytes: &[u8]) -> Result<Base, BaseError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.tar");
    fs::write(&path, bytes).unwrap();
    open(&path, &Platform::default())
}

fn content(base: &Base) -> Vec<u8> {
    let [BaseLayer::Built(LayerSpec { files: LayerFiles::Tar(content), .. })] = &base.layers[..] else {
        panic!("{base:?}")
    };
    content.read(1 << 20).unwrap().into_owned()
}

#[test]
fn bytes_of_the_tar_are_the_layer() {
    let mut tar = tar::Builder::new(Vec::new());
    member(&mut tar, tar::EntryType::Directory, b"./", b"", b"");
    member(&mut tar, tar::EntryType::Char, b"./dev/null", b"", b"");
    member(&mut tar, tar::EntryType::Regular, b"./usr/bin/perl", b"", b"perl");
    member(&mut tar, tar::EntryType::Link, b"./usr/bin/perl5", b"./usr/bin/perl", b"");
    member(&mut tar, tar::EntryType::Symlink, b"./bin", b"/usr/bin", b"");
    let bytes = tar.into_inner().unwrap();
    let base = opened(&bytes).unwrap();
    assert_eq!(content(&base), bytes);
    assert_eq!((base.reference.as_str(), base.top_layer, base.inputs.len()), ("rootfs", None, 1));
}

#[test]
fn gzip_gives_the_plain_tar() {
    let tar = tar_of(&["./", "./etc/", "./etc/passwd"]);
    assert_eq!(content(&opened(&gzip(&tar)).unwrap()), tar);
    let mut padded = gzip(&tar);
    padded.extend([0; 100]);
    assert_eq!(content(&opened(&padded).unwrap()), tar);
}

#[test]
fn hostile_names_are_refused() {
    for (name, part) in [
        ("../x", "leaves the root"),
        ("a/../../x", "leaves the root"),
        ("/etc/passwd", "absolute"),
        ("etc/.wh.passwd", "delete"),
        ("./etc/.wh..wh..opq", "delete"),
    ] {
        let message = opened(&tar_of(&["etc/", name])).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains(name), "{message}");
    }
    let twice = opened(&tar_of(&["etc/passwd", "./etc/passwd"])).unwrap_err();
    assert!(twice.to_string().contains("twice"));
    let mut tar = tar::Builder::new(Vec::new());
    member(&mut tar, tar::EntryType::Link, b"x", b"../../etc/shadow", b"");
    assert!(opened(&tar.into_inner().unwrap()).unwrap_err().to_string().contains("hard link"));
}

#[test]
fn every_cut_is_noticed() {
    let tar = tar_of(&["etc/", "etc/passwd"]);
    let end = tar.len() - 1024;
    for cut in (0..end + 512).step_by(13) {
        assert!(opened(&tar[..cut]).is_err(), "{cut}");
    }
    let gz = gzip(&tar);
    for cut in 0..gz.len() {
        assert!(opened(&gz[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn damage_and_surprises_have_their_own_messages() {
    let tar = tar_of(&["etc/passwd"]);
    let mut wrong = gzip(&tar);
    let at = wrong.len() - 8;
    wrong[at] ^= 1;
    assert!(matches!(opened(&wrong).unwrap_err(), BaseError::GzipTrailer { .. }));
    let two = [gzip(&tar), gzip(&tar)].concat();
    assert!(matches!(opened(&two).unwrap_err(), BaseError::GzipMembers { .. }));
    let zstd = opened(b"\x28\xb5\x2f\xfdrest").unwrap_err();
    assert!(zstd.to_string().contains("zstd") && zstd.hint().unwrap().contains("gzip"));
    assert!(matches!(opened(&[0; 1024]).unwrap_err(), BaseError::TarEmpty { .. }));
    let BaseError::Tar { source, .. } = opened(&[b'x'; 2048]).unwrap_err() else { panic!() };
    assert_eq!(source.to_string(), "numeric field was not a number: xxxxxxxx");
    assert!(opened(b"").is_err());
}

#[test]
fn what_no_root_file_system_holds_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.tar");
    let file = fs::File::create(&path).unwrap();
    file.set_len(1 << 42).unwrap();
    let error = open(&path, &Platform::default()).unwrap_err();
    assert!(matches!(error, BaseError::OverLimit { limit, what: "bytes", .. } if limit == 64 << 30), "{error}");

    // A gzip stream of more than a hundred times its size, once that is more than a gibibyte.
    let mut zeros = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zeros.write_all(&tar_of(&["a"])[..1024]).unwrap();
    io::copy(&mut io::repeat(0).take((1 << 30) + 1), &mut zeros).unwrap();
    let error = opened(&zeros.finish().unwrap()).unwrap_err();
    assert!(matches!(error, BaseError::OverLimit { limit, .. } if limit == 1 << 30), "{error}");
}
