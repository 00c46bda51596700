//! Connections between executors, used again: a stage fetches many files from few machines.

use async_trait::async_trait;
use ballista_core::client::BallistaClient;
use ballista_core::client_pool::{BallistaClientPool, PooledClient};
use ballista_core::error::Result;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::utils::GrpcClientConfig;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Idle connections kept to one machine.
const IDLE_MAX: usize = 16;
/// Longest time one is kept idle.
const IDLE: Duration = Duration::from_secs(30);

/// Idle connections by machine and settings, the youngest last.
type Idle = HashMap<(String, u16, GrpcClientConfig), Vec<(Instant, BallistaClient)>>;

/// A pool of connections to executors.
#[derive(Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<Idle>>);

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Idle> {
        // The map is whole after any panic: every change is one push or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn let_go(&self) {
        self.lock().retain(|_, idle| {
            idle.retain(|(since, _)| since.elapsed() < IDLE);
            !idle.is_empty()
        });
    }
}

#[async_trait]
impl BallistaClientPool for Pool {
    async fn acquire(
        &self,
        host: &str,
        port: u16,
        config: &GrpcClientConfig,
        endpoint: Option<Arc<BallistaConfigGrpcEndpoint>>,
    ) -> Result<PooledClient> {
        self.let_go();
        let key = (host.to_owned(), port, config.clone());
        let kept = self.lock().get_mut(&key).and_then(Vec::pop);
        let client = match kept {
            Some((_, client)) => client,
            None => {
                let (connection, stream) =
                    (config.initial_connection_window_size, config.initial_stream_window_size);
                let (times, pause_ms) = (config.io_retries_times, config.io_retry_wait_time_ms);
                let (size, tls) = (config.max_message_size, config.use_tls);
                BallistaClient::try_new(host, port, size, tls, endpoint, times, pause_ms, connection, stream)
                    .await?
            }
        };
        let pool = self.clone();
        let back = move |client| {
            let mut all = pool.lock();
            let idle = all.entry(key).or_default();
            if idle.len() < IDLE_MAX {
                idle.push((Instant::now(), client));
            }
        };
        Ok(PooledClient::new(client, Box::new(back)))
    }

    async fn evict_idle(&self) {
        self.let_go();
    }
}
