//! The loopback device of a new network, which starts switched off.

use rustix::io;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// Its number in every network.
const LOOPBACK: i32 = 1;
const RTM_NEWLINK: u16 = 16;
const REQUEST_AND_ANSWER: u16 = 0x01 | 0x04;
const UP: u32 = 1;

/// Switches it on.
pub(super) fn switch_on() -> io::Result<()> {
    let kernel = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    send(&kernel, &request(), SendFlags::empty())?;
    let mut answer = [0; 64];
    // The kernel answers within the call; what it answers with is known when the device is used.
    recv(&kernel, &mut answer, RecvFlags::empty())?;
    Ok(())
}

/// `nlmsghdr` and `ifinfomsg`, in the machine's order of bytes.
fn request() -> [u8; 32] {
    let mut request = [0; 32];
    request[0..4].copy_from_slice(&32_u32.to_ne_bytes());
    request[4..6].copy_from_slice(&RTM_NEWLINK.to_ne_bytes());
    request[6..8].copy_from_slice(&REQUEST_AND_ANSWER.to_ne_bytes());
    request[20..24].copy_from_slice(&LOOPBACK.to_ne_bytes());
    request[24..28].copy_from_slice(&UP.to_ne_bytes());
    request[28..32].copy_from_slice(&UP.to_ne_bytes());
    request
}
