//! What signing in costs: `cargo xtask bench login`. Prints rows `what | sign-ins per second | p50 ms | p99 ms`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use brain_kernel::clock::{Clock, SystemClock};
use brain_kernel::party::{Party, Role};
use brain_store::Store;
use brain_trust::{AccountKind, Carrier, NewAccount, Options, Origin, Secret, SignIn, Trust};

const PASSWORD: &str = "velvet-otter-71";
const SIGN_INS: usize = 200;
const AT_ONCE: usize = 8;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let defaults = Options::default();
    row(&["argon2id", "sign-ins/s", "p50 ms", "p99 ms"].map(str::to_owned));
    for (memory, passes) in [(64, 1), (defaults.argon2_memory_kib, defaults.argon2_passes), (65_536, 3)] {
        let options = Options {
            argon2_memory_kib: memory,
            argon2_passes: passes,
            second_factor_required_roles: Vec::new(),
            sessions_max: u32::MAX,
            ..defaults.clone()
        };
        measure(options).await?;
    }
    Ok(())
}

async fn measure(options: Options) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let url = format!("sqlite:{}", folder.path().join("state.db").display());
    let store = Store::open(&url, clock.clone()).await?;
    let trust = Trust::open(store, &folder.path().join("keys"), clock, options.clone()).await?;
    account(&trust).await?;
    let began = Instant::now();
    let mut workers = Vec::new();
    for _ in 0..AT_ONCE {
        let trust = trust.clone();
        workers.push(tokio::spawn(async move {
            let mut times = Vec::new();
            for _ in 0..SIGN_INS / AT_ONCE {
                times.push(sign_in(&trust, "zhangsan", PASSWORD).await?);
            }
            Ok::<_, brain_trust::Error>(times)
        }));
    }
    let mut times = Vec::new();
    for worker in workers {
        times.extend(worker.await??);
    }
    let label = format!("{} KiB × {}, {AT_ONCE} at once", options.argon2_memory_kib, options.argon2_passes);
    report(&label, times, began.elapsed());
    // An unknown name must take as long as a known one: compare the two rows.
    for (name, what) in [("zhangsan", "known name, wrong password"), ("nobody", "unknown name")] {
        let mut times = Vec::new();
        let began = Instant::now();
        for _ in 0..4 {
            times.push(refused(&trust, name).await?);
        }
        report(what, times, began.elapsed());
    }
    Ok(())
}

async fn account(trust: &Trust) -> brain_trust::Result<()> {
    let system = Party {
        account: "bench".to_owned(),
        display_name: "bench".to_owned(),
        role: Role::SystemAdministrator,
        organisation: None,
        region: None,
    };
    let new = NewAccount {
        kind: AccountKind::Person,
        username: "zhangsan".to_owned(),
        display_name: "张三".to_owned(),
        role: Role::Government,
        organisation: None,
        region: None,
        password: Secret::new(PASSWORD),
        must_change_password: false,
    };
    trust.identity().create_account(&system, new).await.map(drop)
}

async fn sign_in(trust: &Trust, name: &str, password: &str) -> brain_trust::Result<Duration> {
    let began = Instant::now();
    let opened =
        trust.identity().sign_in(name, &Secret::new(password), &Origin::default(), Carrier::Token).await?;
    let took = began.elapsed();
    match opened {
        SignIn::Open(_) => Ok(took),
        SignIn::SecondFactor(_) => Err(brain_trust::Error::SecondFactorRequired),
    }
}

async fn refused(trust: &Trust, name: &str) -> brain_trust::Result<Duration> {
    let began = Instant::now();
    match sign_in(trust, name, "wrong").await {
        Err(brain_trust::Error::SignInRefused) => Ok(began.elapsed()),
        Err(error) => Err(error),
        Ok(_) => Err(brain_trust::Error::WrongPassword),
    }
}

fn report(what: &str, mut times: Vec<Duration>, total: Duration) {
    times.sort();
    let at = |share: f64| {
        let position = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(position).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let rate = times.len() as f64 / total.as_secs_f64();
    row(&[what.to_owned(), format!("{rate:.1}"), format!("{:.1}", at(0.5)), format!("{:.1}", at(0.99))]);
}

#[expect(clippy::print_stdout, reason = "a bench is for reading")]
fn row(cells: &[String; 4]) {
    let [what, rate, p50, p99] = cells;
    println!("{what:<40} {rate:>12} {p50:>10} {p99:>10}");
}
