//! What every test server begins with: a random loopback port and a runtime of
//! its own, which end with the value.

use std::net::{SocketAddr, TcpListener};

/// A port and a runtime.
pub struct Loopback {
    pub address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Loopback {
    /// Takes a port; what is to be served can still depend on it.
    pub fn bind() -> (Self, TcpListener) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let loopback = Self {
            address: listener.local_addr().unwrap(),
            runtime: Some(runtime),
        };
        (loopback, listener)
    }

    /// A server of `app`.
    pub fn serve(app: axum::Router) -> Self {
        let (loopback, listener) = Self::bind();
        loopback.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
        loopback
    }

    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.as_ref().unwrap().spawn(work);
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        // Also from within a test's own runtime, where waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
