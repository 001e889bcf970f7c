//! ELF files made by code: headers and a dynamic section, no instructions.

/// An ELF file of 64 bits for x86-64.
#[derive(Clone, Debug, Default)]
pub(super) struct ElfFile<'a> {
    pub(super) interpreter: Option<&'a str>,
    pub(super) soname: Option<&'a str>,
    pub(super) needed: &'a [&'a str],
    pub(super) runpath: Option<&'a str>,
    /// Another processor's number.
    pub(super) machine: Option<u16>,
}

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const HEADER: usize = 64;
const SEGMENT: usize = 56;
/// Where the file is mapped: not at its offset, as in real files.
const BASE: u64 = 0x40_0000;

impl ElfFile<'_> {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut strings = vec![0];
        let mut string = |text: &str| {
            let at = strings.len() as u64;
            strings.extend_from_slice(text.as_bytes());
            strings.push(0);
            at
        };
        let mut dynamic: Vec<(u64, u64)> = self.needed.iter().map(|name| (1, string(name))).collect();
        dynamic.extend(self.soname.map(|name| (14, string(name))));
        dynamic.extend(self.runpath.map(|path| (29, string(path))));
        let interpreter = self.interpreter.map(string);

        let segments = 2 + usize::from(interpreter.is_some());
        let strings_at = (HEADER + segments * SEGMENT) as u64;
        let dynamic_at = (strings_at + strings.len() as u64).next_multiple_of(8);
        dynamic.extend([(5, BASE + strings_at), (10, strings.len() as u64), (0, 0)]);
        let end = dynamic_at + dynamic.len() as u64 * 16;

        let mut out = b"\x7fELF\x02\x01\x01".to_vec();
        out.resize(16, 0);
        push(&mut out, &[&3_u16.to_le_bytes(), &self.machine.unwrap_or(62).to_le_bytes(), &1_u32.to_le_bytes()]);
        push(&mut out, &[&0_u64.to_le_bytes(), &(HEADER as u64).to_le_bytes(), &0_u64.to_le_bytes()]);
        push(&mut out, &[&0_u32.to_le_bytes(), &64_u16.to_le_bytes(), &56_u16.to_le_bytes()]);
        push(&mut out, &[&u16::try_from(segments).unwrap().to_le_bytes(), &64_u16.to_le_bytes(), &[0; 4]]);
        segment(&mut out, PT_LOAD, 0, end);
        segment(&mut out, PT_DYNAMIC, dynamic_at, end - dynamic_at);
        if let (Some(at), Some(path)) = (interpreter, self.interpreter) {
            segment(&mut out, PT_INTERP, strings_at + at, path.len() as u64 + 1);
        }
        out.extend_from_slice(&strings);
        out.resize(usize::try_from(dynamic_at).unwrap(), 0);
        for (tag, value) in dynamic {
            push(&mut out, &[&tag.to_le_bytes(), &value.to_le_bytes()]);
        }
        out
    }
}

fn segment(out: &mut Vec<u8>, kind: u32, offset: u64, size: u64) {
    push(out, &[&kind.to_le_bytes(), &4_u32.to_le_bytes()]);
    for word in [offset, BASE + offset, BASE + offset, size, size, 8] {
        push(out, &[&word.to_le_bytes()]);
    }
}

fn push(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}
