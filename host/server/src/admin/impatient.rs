//! A connection that is given up where nobody reads what the host writes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Whoever reads takes at least so many bytes in a second.
const SLOWEST: u64 = 64 << 10;

/// Waits for its reader so long in all, and longer the more was written.
pub(super) struct Impatient<S> {
    stream: S,
    left: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Impatient<S> {
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, left: patience, waiting: None }
    }

    /// What came of a write, unless it waited too long.
    fn judge(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(written) => {
                if let Some((since, _)) = self.waiting.take() {
                    self.left = self.left.saturating_sub(since.elapsed());
                }
                if let Ok(bytes) = written {
                    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
                    self.left =
                        self.left.saturating_add(Duration::from_micros(bytes.saturating_mul(1_000_000) / SLOWEST));
                }
                Poll::Ready(written)
            }
            Poll::Pending => {
                let now = Instant::now();
                let (_, sleep) =
                    self.waiting.get_or_insert_with(|| (now, Box::pin(tokio::time::sleep_until(now + self.left))));
                sleep.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_write_that_nobody_reads_ends() {
        let (host, mut reader) = tokio::io::duplex(8);
        let mut host = Impatient::new(host, Duration::from_millis(20));
        let written = host.write_all(b"more than eight bytes").await;
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let mut heard = [0; 8];
        reader.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"more tha");
    }

    #[tokio::test]
    async fn whoever_reads_hears_all() {
        let (host, mut reader) = tokio::io::duplex(8);
        let mut host = Impatient::new(host, Duration::from_secs(3_600));
        let mut heard = Vec::new();
        let (written, read) = tokio::join!(async move { host.write_all(&[7; 1 << 16]).await }, async {
            (&mut reader).take(1 << 16).read_to_end(&mut heard).await
        },);
        assert!(written.is_ok());
        assert_eq!(read.unwrap(), 1 << 16);
    }
}
