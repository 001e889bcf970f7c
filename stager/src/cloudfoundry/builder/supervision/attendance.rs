//! The builder's watch over one run: what the guard says, what the script prints, the limits, and the guard itself.

use std::io::{self, ErrorKind, Read as _};
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdout, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::super::disk;
use super::super::interruption::Interruption;
use super::ending::{BOUND, Left, end_all};
use super::message::Message;
use super::readiness::ready;
use super::runner::{Ended, GRACE, PRINTED};

/// How often limits, disks and the guard are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// A guard that has not ended everything by then is killed, and its work done here.
const PATIENCE: Duration = GRACE.saturating_add(BOUND).saturating_add(Duration::from_secs(1));

/// A run that is attended.
pub(super) struct Attendance<'a> {
    /// The guard, or who waits for it outside of its namespace.
    pub(super) guard: Child,
    /// The socket to the guard.
    pub(super) channel: UnixStream,
    /// What the script prints, if it is kept.
    pub(super) output: Option<Output>,
    /// The time limit.
    pub(super) time: Option<Duration>,
    /// The watch over the disks.
    pub(super) watch: Option<disk::Watch<'a>>,
    /// Tells when the builder shall end.
    pub(super) interruption: &'a Interruption,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What the guard said; nothing if it was killed.
    pub(super) message: Option<Message>,
    /// The limit that was exceeded.
    pub(super) stopped: Option<Ended>,
    /// How the guard ended.
    pub(super) guard: ExitStatus,
    /// What the script printed.
    pub(super) printed: Vec<u8>,
}

impl Attendance<'_> {
    /// Waits until the guard is gone, and everything with it.
    pub(super) fn attend(mut self) -> Result<Outcome, Left> {
        let started = Instant::now();
        let (mut text, mut stopped) = (Vec::new(), None);
        // Since when the guard should be about to end.
        let mut ending = None;
        loop {
            let output = self.output.as_ref().and_then(Output::open);
            let [said, printed] = ready([Some(self.channel.as_fd()), output], Some(LOOK));
            if said && !self.listen(&mut text) {
                break;
            }
            if printed && let Some(output) = &mut self.output {
                output.read();
            }
            self.continue_guard();
            if stopped.is_none() && text.is_empty() {
                stopped = self.exceeded(started);
            }
            if ending.is_none() && (stopped.is_some() || !text.is_empty() || self.interruption.came()) {
                // A guard that is gone shows at once.
                drop(self.channel.shutdown(Shutdown::Write));
                ending = Some(Instant::now());
            }
            if ending.is_some_and(|since| since.elapsed() > PATIENCE) {
                drop(self.guard.kill());
                break;
            }
        }
        let guard = self.bury()?;
        let message = Message::first(&String::from_utf8_lossy(&text));
        if let (Some(Message::Overdue), Some(limit)) = (&message, self.time) {
            stopped = stopped.or(Some(Ended::TooLong(limit)));
        }
        if message.is_none() {
            // What a killed guard kept together has come to us.
            end_all(Duration::ZERO, |_, _| ())?;
        }
        let mut printed = self.output.take();
        if let Some(output) = &mut printed {
            output.read();
        }
        let stopped = stopped.or_else(|| self.exceeded_at_last(printed.as_ref()));
        Ok(Outcome { message, stopped, guard, printed: printed.map(|output| output.bytes).unwrap_or_default() })
    }

    /// Reads what the guard says; whether it may say more.
    fn listen(&mut self, text: &mut Vec<u8>) -> bool {
        let mut buffer = [0; 1024];
        match self.channel.read(&mut buffer) {
            Ok(0) => false,
            Ok(read) => {
                text.extend_from_slice(&buffer[..read]);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock),
        }
    }

    /// The limit that is exceeded while the script runs.
    fn exceeded(&mut self, started: Instant) -> Option<Ended> {
        match self.time {
            Some(limit) if started.elapsed() >= limit => return Some(Ended::TooLong(limit)),
            _ => {}
        }
        if self.output.as_ref().is_some_and(|output| output.full) {
            return Some(Ended::TooMuch(PRINTED));
        }
        self.watch.as_mut().and_then(|watch| watch.look().err()).map(Ended::TooLarge)
    }

    /// A limit that a script exceeded which was quicker than the watch.
    fn exceeded_at_last(&mut self, printed: Option<&Output>) -> Option<Ended> {
        if printed.is_some_and(|output| output.full) {
            return Some(Ended::TooMuch(PRINTED));
        }
        self.watch.as_mut().and_then(|watch| watch.measure().err()).map(Ended::TooLarge)
    }

    /// Has a guard go on that was stopped, by a script or by whom ever.
    fn continue_guard(&self) {
        let guard = Pid::from_child(&self.guard);
        let stopped = waitid(WaitId::Pid(guard), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
        if matches!(stopped, Ok(Some(_))) {
            let _ = kill_process(guard, Signal::CONT);
        }
    }

    /// Waits for the guard's end; kills it when it takes too long.
    fn bury(&mut self) -> Result<ExitStatus, Left> {
        const PAUSES: [Duration; 2] = [Duration::from_micros(200), Duration::from_millis(10)];
        let (started, mut pause) = (Instant::now(), PAUSES[0]);
        let mut killed = false;
        loop {
            if let Ok(Some(status)) = self.guard.try_wait() {
                return Ok(status);
            }
            self.continue_guard();
            if started.elapsed() > BOUND && !killed {
                drop(self.guard.kill());
                killed = true;
            }
            if started.elapsed() > BOUND * 2 {
                return Err(Left(format!("{} (the script's guard)", self.guard.id())));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSES[1]);
        }
    }
}

/// What a script prints, up to a limit.
#[derive(Debug)]
pub(super) struct Output {
    pipe: Option<ChildStdout>,
    bytes: Vec<u8>,
    /// Whether it printed more than is kept.
    full: bool,
}

impl Output {
    /// Keeps what comes out of the pipe.
    pub(super) fn keep(pipe: ChildStdout) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Self { pipe: Some(pipe), bytes: Vec::new(), full: false })
    }

    /// The pipe, as long as more may come.
    fn open(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.pipe.as_ref().map(ChildStdout::as_fd)
    }

    /// Reads what is there. The pipe is closed at its end, when it breaks, and when the script prints more than is kept.
    fn read(&mut self) {
        let mut buffer = [0; 16 << 10];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut buffer) {
                Ok(read) if read > 0 && self.bytes.len() + read <= PRINTED => {
                    self.bytes.extend_from_slice(&buffer[..read]);
                }
                Ok(read) => {
                    self.full = read > 0;
                    self.pipe = None;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.pipe = None,
            }
        }
    }
}
