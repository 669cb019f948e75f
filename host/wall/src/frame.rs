//! Whole messages over a SEQPACKET socket: a length, then the bytes, in packets that any kernel takes.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recv, recvmsg, send, sendmsg,
    setsockopt, socketpair, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock;

/// The most bytes of one packet: below the default send buffer of every Linux.
const PACKET: usize = 64 << 10;
const HEAD: usize = 8;
/// Most messages are shorter: they are written without their buffer being moved, and cleared, again and again.
const USUAL: usize = 16 << 10;

/// A message did not pass. Nothing can be said over the channel any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the other side is gone")]
    Gone,
    #[error("too late")]
    Late,
    #[error("longer than it may be")]
    TooLong,
    #[error("malformed")]
    Malformed,
    #[error("the system refused: {0}")]
    System(Errno),
}

impl From<Errno> for FrameError {
    fn from(errno: Errno) -> Self {
        if [Errno::EPIPE, Errno::ECONNRESET].contains(&errno) { Self::Gone } else { Self::System(errno) }
    }
}

/// Until when to wait. `None` waits for ever.
pub(crate) type Until = Option<Instant>;

/// One end of a socket pair. Descriptors that are sent over it are dropped by the kernel: no place is made for them but in
/// [`Channel::receive_with`], by a process that waits for its component.
#[derive(Debug)]
pub(crate) struct Channel {
    socket: OwnedFd,
    packet: Vec<u8>,
    /// How long one wait takes at most, if it is set.
    tick: Option<Duration>,
}

/// What the other side is doing before it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// It waits.
    Quiet,
    /// It has ended.
    Gone,
    /// It said something that nobody asked for.
    Talking,
}

impl Channel {
    /// Both ends, closed on `exec`.
    pub(crate) fn pair() -> Result<(Self, OwnedFd), FrameError> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
        Ok((Self::of(ours), theirs))
    }

    pub(crate) fn of(socket: OwnedFd) -> Self {
        Self { socket, packet: vec![0; PACKET], tick: None }
    }

    /// From now on, [`Channel::receive_watched`] looks up so often. The kernel keeps the time: a wait is one call of it.
    pub(crate) fn look_up_every(&mut self, tick: Duration) -> Result<(), FrameError> {
        let microseconds = i64::try_from(tick.as_micros()).unwrap_or(i64::MAX);
        setsockopt(&self.socket, sockopt::ReceiveTimeout, &TimeVal::microseconds(microseconds))?;
        self.tick = Some(tick);
        Ok(())
    }

    /// Sends one message.
    pub(crate) fn send(&self, message: &impl Serialize, until: Until) -> Result<(), FrameError> {
        let mut bytes = Vec::with_capacity(USUAL);
        bytes.extend([0; HEAD]);
        let bytes = postcard::to_extend(message, bytes).map_err(|_| FrameError::Malformed)?;
        self.send_bytes(bytes, until)
    }

    /// Sends bytes as they are.
    pub(crate) fn send_raw(&self, bytes: &[u8], until: Until) -> Result<(), FrameError> {
        self.send_bytes([&[0; HEAD], bytes].concat(), until)
    }

    /// Sends `bytes`, whose first eight are room for the length.
    fn send_bytes(&self, mut bytes: Vec<u8>, until: Until) -> Result<(), FrameError> {
        let length = u64::try_from(bytes.len().saturating_sub(HEAD)).unwrap_or(u64::MAX);
        for (byte, said) in bytes.iter_mut().zip(length.to_le_bytes()) {
            *byte = said;
        }
        for packet in bytes.chunks(PACKET) {
            self.send_packet(packet, until)?;
        }
        Ok(())
    }

    fn send_packet(&self, packet: &[u8], until: Until) -> Result<(), FrameError> {
        loop {
            self.in_time(until)?;
            match send(self.socket.as_raw_fd(), packet, flags(until) | MsgFlags::MSG_NOSIGNAL) {
                Ok(_) => return Ok(()),
                Err(Errno::EAGAIN) => self.wait(PollFlags::POLLOUT, until)?,
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Receives one message of at most this many bytes.
    pub(crate) fn receive<T: DeserializeOwned>(&mut self, most: usize, until: Until) -> Result<T, FrameError> {
        let bytes = self.receive_bytes(most, until)?;
        decode(&bytes)
    }

    /// As [`Channel::receive`]. `look` is called when nothing came for so long as [`Channel::look_up_every`] says, and says
    /// whether it wants to be called again.
    pub(crate) fn receive_watched<T: DeserializeOwned>(
        &mut self,
        most: usize,
        mut look: impl FnMut() -> bool,
        until: Instant,
    ) -> Result<T, FrameError> {
        let first = loop {
            // Near the end the socket's own time would be too long.
            if self.tick.is_none_or(|tick| until.saturating_duration_since(clock::now()) <= tick) {
                break self.receive_packet(Some(until))?;
            }
            match recv(self.socket.as_raw_fd(), &mut self.packet, MsgFlags::MSG_TRUNC) {
                Err(Errno::EAGAIN) if !look() => break self.receive_packet(Some(until))?,
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                received => break whole(received)?,
            }
        };
        let bytes = self.receive_rest(first, most, Some(until))?;
        decode(&bytes)
    }

    /// Receives the bytes of one message.
    pub(crate) fn receive_bytes(&mut self, most: usize, until: Until) -> Result<Vec<u8>, FrameError> {
        let first = self.receive_packet(until)?;
        self.receive_rest(first, most, until)
    }

    fn receive_rest(&mut self, first: usize, most: usize, until: Until) -> Result<Vec<u8>, FrameError> {
        let head = self.packet.first_chunk::<HEAD>().filter(|_| first >= HEAD).ok_or(FrameError::Malformed)?;
        let length = usize::try_from(u64::from_le_bytes(*head)).unwrap_or(usize::MAX);
        if length > most {
            return Err(FrameError::TooLong);
        }
        let mut bytes = Vec::with_capacity(length);
        self.take(&mut bytes, HEAD, first);
        while bytes.len() < length {
            let size = self.receive_packet(until)?;
            self.take(&mut bytes, 0, size);
        }
        if bytes.len() == length { Ok(bytes) } else { Err(FrameError::Malformed) }
    }

    /// Moves a part of the packet out and leaves nothing behind.
    fn take(&mut self, bytes: &mut Vec<u8>, from: usize, to: usize) {
        bytes.extend_from_slice(self.packet.get(from..to).unwrap_or_default());
        self.packet.get_mut(..to).unwrap_or_default().fill(0);
    }

    fn receive_packet(&mut self, until: Until) -> Result<usize, FrameError> {
        let flags = flags(until) | MsgFlags::MSG_TRUNC;
        loop {
            self.in_time(until)?;
            match recv(self.socket.as_raw_fd(), &mut self.packet, flags) {
                Err(Errno::EAGAIN) => self.wait(PollFlags::POLLIN, until)?,
                Err(Errno::EINTR) => {}
                received => return whole(received),
            }
        }
    }

    /// Also whoever keeps the queue full is not listened to for ever.
    fn in_time(&self, until: Until) -> Result<(), FrameError> {
        if until.is_some_and(|until| clock::now() >= until) { Err(FrameError::Late) } else { Ok(()) }
    }

    /// What the other side does that nobody asked for.
    pub(crate) fn before(&mut self) -> Before {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK;
        match recv(self.socket.as_raw_fd(), &mut [0], flags) {
            Err(Errno::EAGAIN) => Before::Quiet,
            Ok(0) | Err(Errno::ECONNRESET | Errno::EPIPE) => Before::Gone,
            Ok(_) | Err(_) => Before::Talking,
        }
    }

    /// Sends one short message, and a descriptor with it.
    pub(crate) fn send_with(&self, message: &impl Serialize, descriptor: BorrowedFd<'_>) -> Result<(), FrameError> {
        let bytes = postcard::to_allocvec(message).map_err(|_| FrameError::Malformed)?;
        let descriptors = [descriptor.as_raw_fd()];
        let control = [ControlMessage::ScmRights(&descriptors)];
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        sendmsg::<()>(self.socket.as_raw_fd(), &[IoSlice::new(&bytes)], &control, flags, None)?;
        Ok(())
    }

    /// Waits for one short message with a descriptor. Only a process that trusts the other side makes a place for one.
    pub(crate) fn receive_with<T: DeserializeOwned>(&mut self) -> Result<(T, RawFd), FrameError> {
        let mut place = nix::cmsg_space!([RawFd; 1]);
        let mut packet = [IoSliceMut::new(&mut self.packet)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let received = recvmsg::<()>(self.socket.as_raw_fd(), &mut packet, Some(&mut place), flags)?;
        let size = whole(Ok(received.bytes))?;
        let Some(ControlMessageOwned::ScmRights(descriptors)) = received.cmsgs()?.next() else {
            return Err(FrameError::Malformed);
        };
        let descriptor = descriptors.first().copied().ok_or(FrameError::Malformed)?;
        Ok((decode(self.packet.get(..size).unwrap_or_default())?, descriptor))
    }

    fn wait(&self, for_what: PollFlags, until: Until) -> Result<(), FrameError> {
        let Some(until) = until else { return Ok(()) };
        let left = until.checked_duration_since(clock::now()).filter(|left| !left.is_zero()).ok_or(FrameError::Late)?;
        // Rounded up: a wait of less than a millisecond would otherwise not wait at all.
        let timeout = PollTimeout::try_from(left.as_millis().saturating_add(1)).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(self.socket.as_fd(), for_what)], timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// The size of a packet, if it is one that came whole.
fn whole(received: nix::Result<usize>) -> Result<usize, FrameError> {
    match received {
        Ok(0) => Err(FrameError::Gone),
        Ok(size) if size > PACKET => Err(FrameError::TooLong),
        Ok(size) => Ok(size),
        Err(errno) => Err(errno.into()),
    }
}

/// Whoever waits for ever waits in the call itself, and needs no other.
fn flags(until: Until) -> MsgFlags {
    if until.is_some() { MsgFlags::MSG_DONTWAIT } else { MsgFlags::empty() }
}

/// Reads a message of exactly these bytes.
pub(crate) fn decode<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok(_) | Err(_) => Err(FrameError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn pair() -> (Channel, Channel) {
        let (ours, theirs) = Channel::pair().unwrap();
        (ours, Channel::of(theirs))
    }

    fn soon() -> Until {
        Some(clock::now() + Duration::from_millis(50))
    }

    #[test]
    fn a_message_of_many_packets_arrives_whole() {
        let (ours, mut theirs) = pair();
        let text = "a patient's record ".repeat(100_000);
        let sent = text.clone();
        let sending = std::thread::spawn(move || ours.send(&sent, None));
        assert_eq!(theirs.receive::<String>(4 << 20, None).unwrap(), text);
        sending.join().unwrap().unwrap();
        assert!(theirs.packet.iter().all(|byte| *byte == 0), "nothing of it stays in the buffer");
    }

    #[test]
    fn who_says_nothing_is_not_waited_for() {
        let (_ours, mut theirs) = pair();
        assert_eq!(theirs.receive::<String>(100, soon()), Err(FrameError::Late));
    }

    #[test]
    fn who_reads_nothing_is_not_waited_for() {
        let (ours, _theirs) = pair();
        assert_eq!(ours.send(&vec![7_u8; 4 << 20], soon()), Err(FrameError::Late));
    }

    #[test]
    fn who_talks_without_end_is_not_listened_to_without_end() {
        let (ours, mut theirs) = pair();
        let talking = std::thread::spawn(move || {
            ours.send_packet(&[255, 255, 31, 0, 0, 0, 0, 0], None)?;
            loop {
                ours.send_packet(&[7], None)?;
            }
            #[expect(unreachable_code, reason = "says what the loop ends with")]
            Ok::<(), FrameError>(())
        });
        assert_eq!(theirs.receive::<String>(4 << 20, soon()), Err(FrameError::Late));
        drop(theirs);
        assert_eq!(talking.join().unwrap(), Err(FrameError::Gone));
    }

    #[test]
    fn a_word_that_nobody_asked_for_is_noticed() {
        let (ours, mut theirs) = pair();
        assert_eq!(theirs.before(), Before::Quiet);
        ours.send(&"x", None).unwrap();
        assert_eq!(theirs.before(), Before::Talking);
        theirs.receive::<String>(100, None).unwrap();
        drop(ours);
        assert_eq!(theirs.before(), Before::Gone);
    }

    #[test]
    fn who_is_watched_is_looked_at_until_the_time_is_over() {
        let (ours, mut theirs) = pair();
        theirs.look_up_every(Duration::from_millis(2)).unwrap();
        let (mut looks, mut enough) = (0, 0);
        let answers_at_the_third = || {
            looks += 1;
            looks != 3 || ours.send(&"x", None).is_ok()
        };
        let far = clock::now() + Duration::from_secs(60);
        assert_eq!(theirs.receive_watched(100, answers_at_the_third, far), Ok("x".to_owned()));
        assert!(looks >= 3, "{looks}");
        let once = || {
            enough += 1;
            false
        };
        let received = theirs.receive_watched::<String>(100, once, soon().unwrap());
        assert_eq!((received, enough), (Err(FrameError::Late), 1));
    }

    #[test]
    fn a_descriptor_arrives_with_its_message_and_without_one_there_is_no_message() {
        let (ours, mut theirs) = pair();
        ours.send_with(&"code", std::io::stderr().as_fd()).unwrap();
        let (message, descriptor) = theirs.receive_with::<String>().unwrap();
        assert!(message == "code" && descriptor > 2);
        nix::unistd::close(descriptor).unwrap();
        ours.send_packet(&[1, b'x'], None).unwrap();
        assert_eq!(theirs.receive_with::<String>(), Err(FrameError::Malformed));
    }

    #[test]
    fn a_message_longer_than_it_may_be_is_refused_by_its_length() {
        let (ours, mut theirs) = pair();
        ours.send(&"x".repeat(101), None).unwrap();
        assert_eq!(theirs.receive::<String>(101, soon()), Err(FrameError::TooLong));
    }

    #[test]
    fn forged_frames_are_refused() {
        let forged: [&[u8]; 4] = [
            &[1, 2, 3],
            // Says four bytes and brings nine.
            &[4, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9],
            // A string of 255 characters in two bytes.
            &[2, 0, 0, 0, 0, 0, 0, 0, 255, 1],
            // A string, and a byte behind it.
            &[3, 0, 0, 0, 0, 0, 0, 0, 1, 65, 66],
        ];
        for bytes in forged {
            let (ours, mut theirs) = pair();
            ours.send_packet(bytes, None).unwrap();
            assert_eq!(theirs.receive::<String>(1_000, soon()), Err(FrameError::Malformed), "{bytes:?}");
        }
    }

    #[test]
    fn the_end_of_the_other_side_is_seen() {
        let (ours, mut theirs) = pair();
        drop(ours);
        assert_eq!(theirs.receive::<String>(100, None), Err(FrameError::Gone));
        assert_eq!(theirs.send(&"x", None), Err(FrameError::Gone));
    }
}
