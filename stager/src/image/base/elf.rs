//! What an ELF file asks of the dynamic loader: interpreter, needed libraries and where it wants them looked for.

use object::elf::{
    DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ, DT_STRTAB, FileHeader32, FileHeader64, PT_LOAD,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::read::{Error, StringTable};
use object::{Endianness, FileKind};

/// First bytes of every ELF file.
pub(super) const MAGIC: &[u8; 4] = b"\x7fELF";

/// What a dynamically linked file needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ElfNeeds {
    /// Which processes can load it.
    pub(super) abi: Abi,
    /// The dynamic loader, an absolute path; programs have one, libraries rarely.
    pub(super) interpreter: Option<String>,
    /// The name it is known by.
    pub(super) soname: Option<String>,
    /// Names of the libraries it needs, in its order.
    pub(super) needed: Vec<String>,
    /// Directories it wants searched first (RUNPATH, else RPATH), `$ORIGIN` not replaced.
    pub(super) search: Vec<String>,
}

/// Processor, word size and byte order: files of different ABIs never meet in one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abi {
    /// `e_machine`.
    pub(super) machine: u16,
    /// Whether words have 64 bits.
    pub(super) wide: bool,
    /// Whether the low byte comes first.
    pub(super) little: bool,
}

/// Reads the needs of `bytes`; `None` when it is not ELF. A statically linked file needs nothing.
pub(super) fn needs(bytes: &[u8]) -> Result<Option<ElfNeeds>, Error> {
    if !bytes.starts_with(MAGIC) {
        return Ok(None);
    }
    match FileKind::parse(bytes)? {
        FileKind::Elf32 => read::<FileHeader32<Endianness>>(bytes).map(Some),
        FileKind::Elf64 => read::<FileHeader64<Endianness>>(bytes).map(Some),
        _ => Ok(None),
    }
}

fn read<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<ElfNeeds, Error> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, bytes)?;
    let mut needs = ElfNeeds {
        abi: Abi { machine: header.e_machine(endian).0, wide: header.is_class_64(), little: header.is_little_endian() },
        interpreter: None,
        soname: None,
        needed: Vec::new(),
        search: Vec::new(),
    };
    let mut dynamic: &[Elf::Dyn] = &[];
    for segment in segments {
        if let Some(path) = segment.interpreter(endian, bytes)? {
            needs.interpreter = Some(text(path));
        }
        if let Some(entries) = segment.dynamic(endian, bytes)? {
            dynamic = entries;
        }
    }
    let end = dynamic.iter().position(|entry| entry.tag(endian).0 == 0).unwrap_or(dynamic.len());
    let dynamic = &dynamic[..end];
    let value = |tag| dynamic.iter().find(|entry| entry.tag(endian) == tag).map(|entry| entry.val(endian));
    let (Some(address), Some(size)) = (value(DT_STRTAB), value(DT_STRSZ)) else { return Ok(needs) };
    let strings = string_table::<Elf>(segments, endian, bytes, address, size);
    let mut rpath = Vec::new();
    for entry in dynamic {
        let tag = entry.tag(endian);
        if ![DT_NEEDED, DT_SONAME, DT_RUNPATH, DT_RPATH].contains(&tag) {
            continue;
        }
        let text = text(entry.string(endian, strings)?);
        match tag {
            DT_NEEDED => needs.needed.push(text),
            DT_SONAME => needs.soname = Some(text),
            DT_RUNPATH => needs.search = directories(&text),
            _ => rpath = directories(&text),
        }
    }
    if needs.search.is_empty() {
        needs.search = rpath;
    }
    Ok(needs)
}

/// The dynamic string table: its address is one of memory, which the loaded segments map to the file.
fn string_table<'data, Elf: FileHeader<Endian = Endianness>>(
    segments: &'data [Elf::ProgramHeader],
    endian: Endianness,
    bytes: &'data [u8],
    address: u64,
    size: u64,
) -> StringTable<'data> {
    let start = segments.iter().filter(|segment| segment.p_type(endian) == PT_LOAD).find_map(|segment| {
        let offset = address.checked_sub(segment.p_vaddr(endian).into())?;
        (offset < segment.p_filesz(endian).into()).then(|| segment.p_offset(endian).into().checked_add(offset))?
    });
    start.map_or_else(StringTable::default, |start| StringTable::new(bytes, start, start.saturating_add(size)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn directories(list: &str) -> Vec<String> {
    list.split(':').filter(|dir| !dir.is_empty()).map(str::to_owned).collect()
}

impl Abi {
    /// That of the machine this program was built for, where it is a common one.
    pub(super) const NATIVE: Option<Self> = if cfg!(target_arch = "x86_64") {
        Some(Self { machine: 62, wide: true, little: true })
    } else if cfg!(target_arch = "aarch64") {
        Some(Self { machine: 183, wide: true, little: true })
    } else {
        None
    };

    /// glibc's dynamic loader, for files that name none.
    pub(super) fn interpreter(self) -> Option<&'static str> {
        match self.architecture()? {
            "amd64" => Some("/lib64/ld-linux-x86-64.so.2"),
            "arm64" => Some("/lib/ld-linux-aarch64.so.1"),
            _ => None,
        }
    }

    /// Go's name of the processor, for an image's platform; `None` for one that has none here.
    pub(super) fn architecture(self) -> Option<&'static str> {
        Some(match (self.machine, self.wide, self.little) {
            (3, false, true) => "386",
            (62, true, true) => "amd64",
            (183, true, true) => "arm64",
            (40, false, true) => "arm",
            (243, true, true) => "riscv64",
            (21, true, true) => "ppc64le",
            (22, true, false) => "s390x",
            (258, true, true) => "loong64",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::elf_fixture::ElfFile;
    use super::*;

    #[test]
    fn needs_of_a_program() {
        let file = ElfFile {
            interpreter: Some("/lib64/ld.so"),
            soname: Some("libx.so.1"),
            needed: &["liba.so", "libc.so.6"],
            runpath: Some("$ORIGIN:$ORIGIN/../lib"),
            machine: None,
        };
        let needs = needs(&file.bytes()).unwrap().unwrap();
        assert_eq!(needs.interpreter.as_deref(), Some("/lib64/ld.so"));
        assert_eq!(needs.soname.as_deref(), Some("libx.so.1"));
        assert_eq!(needs.needed, ["liba.so", "libc.so.6"]);
        assert_eq!(needs.search, ["$ORIGIN", "$ORIGIN/../lib"]);
        assert_eq!(needs.abi.architecture(), Some("amd64"));
    }

    #[test]
    fn a_real_program_of_this_machine() {
        let needs = needs(&fs_err::read("/proc/self/exe").unwrap()).unwrap().unwrap();
        assert_eq!(Some(needs.abi), Abi::NATIVE);
    }

    #[test]
    fn what_is_not_elf_needs_nothing() {
        assert_eq!(needs(b"#!/bin/sh\n").unwrap(), None);
        assert_eq!(needs(b"").unwrap(), None);
    }

    /// Every cut of a file, and every byte of it set to another value, is an error or some answer, never a panic.
    #[test]
    fn damage_does_no_harm() {
        let whole = ElfFile { needed: &["liba.so"], interpreter: Some("/ld"), ..ElfFile::default() }.bytes();
        for end in 0..whole.len() {
            let _ = needs(&whole[..end]);
        }
        for at in 0..whole.len() {
            for value in [0, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                let _ = needs(&damaged);
            }
        }
    }
}
