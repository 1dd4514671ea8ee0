//! Connections that count what passes and can be cut.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Counters of all connections.
#[derive(Debug, Clone, Default)]
pub struct Traffic(Arc<[AtomicU64; 3]>);

const UP: usize = 0;
const DOWN: usize = 1;
const CONNECTIONS: usize = 2;

impl Traffic {
    pub fn bytes(&self) -> (u64, u64) {
        (
            self.0[UP].load(Ordering::SeqCst),
            self.0[DOWN].load(Ordering::SeqCst),
        )
    }

    pub fn connections(&self) -> u64 {
        self.0[CONNECTIONS].load(Ordering::SeqCst)
    }

    pub fn reset(&self) {
        self.0
            .iter()
            .for_each(|counter| counter.store(0, Ordering::SeqCst));
    }

    fn add(&self, what: usize, count: usize) {
        self.0[what].fetch_add(count as u64, Ordering::SeqCst);
    }
}

/// A connection, for whoever answers a request on it.
#[derive(Debug, Clone)]
pub struct Handle(Arc<AtomicBool>);

impl Handle {
    /// Closes the connection at the next byte to the client.
    pub fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, Counted>> for Handle {
    fn connect_info(stream: IncomingStream<'_, Counted>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A listener whose connections are counted.
pub struct Counted {
    listener: TcpListener,
    traffic: Traffic,
}

impl Counted {
    pub fn new(listener: TcpListener, traffic: Traffic) -> Self {
        Self { listener, traffic }
    }
}

impl Listener for Counted {
    type Io = Stream;
    type Addr = Handle;

    async fn accept(&mut self) -> (Stream, Handle) {
        let (inner, _) = self.listener.accept().await.unwrap();
        inner.set_nodelay(true).unwrap();
        self.traffic.add(CONNECTIONS, 1);
        let cut = Arc::new(AtomicBool::new(false));
        let handle = Handle(cut.clone());
        (
            Stream {
                inner,
                cut,
                traffic: self.traffic.clone(),
            },
            handle,
        )
    }

    fn local_addr(&self) -> io::Result<Handle> {
        Ok(Handle(Arc::default()))
    }
}

/// One counted connection.
pub struct Stream {
    inner: TcpStream,
    cut: Arc<AtomicBool>,
    traffic: Traffic,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(context, buffer);
        self.traffic.add(UP, buffer.filled().len() - before);
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let result = Pin::new(&mut self.inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = result {
            self.traffic.add(DOWN, written);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
