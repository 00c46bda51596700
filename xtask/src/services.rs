//! Real servers for tests: PostgreSQL, MariaDB, Mosquitto, NATS and a broker of Kafka's protocol on free ports, in a
//! temporary folder, stopped afterwards.

use crate::shell::{capture, command, exists, root, run};
use crate::tools;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The program of MariaDB's server.
const MARIADB: &str = "/usr/sbin/mariadbd";

/// Running services. Dropping it leaves them running; [`down`] stops them.
pub(crate) struct Services {
    /// Administrator's URL of the PostgreSQL server.
    pub(crate) postgres: String,
    /// Administrator's URL of the MariaDB server.
    pub(crate) mysql: String,
    /// `host:port` of the MQTT broker.
    pub(crate) mqtt: String,
    /// `host:port` of the NATS server, with JetStream.
    pub(crate) nats: String,
    /// `host:port` of the broker of Kafka's protocol.
    pub(crate) kafka: String,
    /// Its program, for tests that start one of their own.
    pub(crate) kafka_program: String,
}

impl Services {
    /// The variables by which tests find them.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 6] {
        [
            ("BRAIN_TEST_POSTGRES", &self.postgres),
            ("BRAIN_TEST_MYSQL", &self.mysql),
            ("BRAIN_TEST_MQTT", &self.mqtt),
            ("BRAIN_TEST_NATS", &self.nats),
            ("BRAIN_TEST_KAFKA", &self.kafka),
            ("BRAIN_TEST_KAFKA_PROGRAM", &self.kafka_program),
        ]
    }
}

fn state_file() -> PathBuf {
    root().join("target").join("services.json")
}

/// Start everything; services already running are stopped first so that a test meets a clean server.
pub(crate) fn up() -> Result<Services> {
    down()?;
    tools::packages(&[
        (postgres_probe().as_str(), "postgresql"),
        (MARIADB, "mariadb-server"),
        ("/usr/bin/openssl", "openssl"),
        ("/usr/sbin/mosquitto", "mosquitto"),
        ("/usr/sbin/nats-server", "nats-server"),
        // Not servers, but as much a program that tests meet: without them the recognition of scans is skipped.
        ("tesseract", "tesseract-ocr"),
        ("/usr/share/tesseract-ocr/5/tessdata/chi_sim.traineddata", "tesseract-ocr-chi-sim"),
        ("pdftoppm", "poppler-utils"),
    ])?;
    let folder = new_folder()?;
    let postgres = start_postgres(&folder)?;
    let mysql = start_mariadb(&folder)?;
    let mqtt = start_mosquitto(&folder)?;
    let nats = start_nats(&folder)?;
    let broker = tools::tansu()?;
    let kafka = start_kafka(&folder, &broker)?;
    Ok(Services { postgres, mysql, mqtt, nats, kafka, kafka_program: broker.display().to_string() })
}

/// Start a cluster beside whatever runs already, for a node on this data folder, and print how the node finds it.
pub(crate) fn cluster_up(data: &Path) -> Result<()> {
    let folder = match std::fs::read_to_string(state_file()) {
        Ok(state) => {
            let state: Value = serde_json::from_str(&state).context("target/services.json")?;
            PathBuf::from(state["folder"].as_str().context("the folder of the services")?)
        }
        Err(_) => new_folder()?,
    };
    crate::cluster::up(&folder, &std::path::absolute(data)?)
}

/// A temporary folder, noted so that [`down`] finds it.
fn new_folder() -> Result<PathBuf> {
    let folder = PathBuf::from(capture(command("mktemp").args(["-d", "/tmp/brain-services.XXXXXX"]))?.trim());
    save(&json!({ "folder": folder, "stop": [] }))?;
    Ok(folder)
}

/// Start and print the variables that tests read.
pub(crate) fn up_and_print() -> Result<()> {
    let services = up()?;
    for (name, value) in services.variables() {
        println!("export {name}={value}");
    }
    Ok(())
}

/// Stop what [`up`] started and remove its folder. Nothing running is no error.
pub(crate) fn down() -> Result<()> {
    let Ok(text) = std::fs::read_to_string(state_file()) else { return Ok(()) };
    let state: Value = serde_json::from_str(&text).context("target/services.json")?;
    for words in state["stop"].as_array().into_iter().flatten() {
        let words: Vec<&str> = words.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if let Some((program, rest)) = words.split_first() {
            // A server that died already is as good as stopped.
            let _ = command(program).args(rest).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
    if let Some(folder) = state["folder"].as_str().filter(|f| f.starts_with("/tmp/brain-services.")) {
        std::fs::remove_dir_all(folder).ok();
    }
    std::fs::remove_file(state_file())?;
    Ok(())
}

fn save(state: &Value) -> Result<()> {
    std::fs::create_dir_all(root().join("target"))?;
    std::fs::write(state_file(), state.to_string())?;
    Ok(())
}

pub(crate) fn remember_stop(words: &[&str]) -> Result<()> {
    let mut state: Value = serde_json::from_str(&std::fs::read_to_string(state_file())?)?;
    state["stop"].as_array_mut().context("stop list")?.push(json!(words));
    save(&state)
}

fn postgres_bin() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop()
}

fn postgres_probe() -> String {
    postgres_bin().map_or_else(
        || "/usr/lib/postgresql/initdb".to_owned(),
        |bin| bin.join("initdb").display().to_string(),
    )
}

fn start_postgres(folder: &Path) -> Result<String> {
    let bin = postgres_bin().context("PostgreSQL's initdb was not found under /usr/lib/postgresql")?;
    let data = folder.join("postgres");
    std::fs::create_dir(&data)?;
    let root_user = capture(command("id").arg("-u"))?.trim() == "0";
    if root_user {
        // The server refuses to run as root.
        run(command("chmod").arg("755").arg(folder))?;
        run(command("chown").arg("postgres").arg(&data))?;
    }
    let as_server = |program: PathBuf| -> Command {
        if root_user {
            let mut wrapped = command("runuser");
            wrapped.args(["-u", "postgres", "--"]).arg(program).current_dir("/tmp");
            wrapped
        } else {
            command(program)
        }
    };
    capture(as_server(bin.join("initdb")).arg("-D").arg(&data).args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
    ]))?;
    let port = free_port()?;
    let options = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c max_connections=300 \
         -c wal_level=logical -c max_replication_slots=20",
        data.display()
    );
    let log = data.join("server.log");
    run(as_server(bin.join("pg_ctl"))
        .arg("-D")
        .arg(&data)
        .args(["-w", "-t", "60", "-o", &options, "-l"])
        .arg(log)
        .arg("start")
        .stdout(Stdio::null()))?;
    let (control, place) = (bin.join("pg_ctl").display().to_string(), data.display().to_string());
    let mut stop: Vec<&str> = if root_user { vec!["runuser", "-u", "postgres", "--"] } else { Vec::new() };
    stop.extend([control.as_str(), "-D", place.as_str(), "-m", "immediate", "stop"]);
    remember_stop(&stop)?;
    Ok(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
}

/// A server that encrypts, for whoever asks for it; its administrator needs no password.
fn start_mariadb(folder: &Path) -> Result<String> {
    let data = folder.join("mariadb");
    std::fs::create_dir(&data)?;
    let (key, certificate) = (folder.join("mariadb.key"), folder.join("mariadb.crt"));
    capture(
        command("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-days", "7", "-subj", "/CN=localhost"])
            .args([
                "-addext",
                "subjectAltName=DNS:localhost",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate),
    )?;
    let user = format!("--user={}", capture(command("id").arg("-un"))?.trim());
    let place = format!("--datadir={}", data.display());
    capture(command("mariadb-install-db").args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        &user,
        &place,
    ]))?;
    let port = free_port()?;
    let child = command(MARIADB)
        .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-log-bin", &user, &place])
        .args(["--innodb-flush-log-at-trx-commit=0", "--max-connections=300"])
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", data.join("server.sock").display()))
        .arg(format!("--pid-file={}", data.join("server.pid").display()))
        .arg(format!("--log-error={}", data.join("server.log").display()))
        .arg(format!("--ssl-key={}", key.display()))
        .arg(format!("--ssl-cert={}", certificate.display()))
        .arg(format!("--ssl-ca={}", certificate.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start mariadbd")?;
    remember_stop(&["kill", "-9", &child.id().to_string()])?;
    wait_for_port(&format!("127.0.0.1:{port}"))?;
    Ok(format!("mysql://root@127.0.0.1:{port}/mysql"))
}

fn start_mosquitto(folder: &Path) -> Result<String> {
    let program = if exists("mosquitto") { "mosquitto" } else { "/usr/sbin/mosquitto" };
    let port = free_port()?;
    let configuration = folder.join("mosquitto.conf");
    std::fs::write(
        &configuration,
        format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"),
    )?;
    let child = command(program)
        .arg("-c")
        .arg(&configuration)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start mosquitto")?;
    remember_stop(&["kill", &child.id().to_string()])?;
    wait_for_port(&format!("127.0.0.1:{port}"))?;
    Ok(format!("127.0.0.1:{port}"))
}

fn start_nats(folder: &Path) -> Result<String> {
    let program = if exists("nats-server") { "nats-server" } else { "/usr/sbin/nats-server" };
    let port = free_port()?;
    let child = command(program)
        .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"])
        .arg(folder.join("nats"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start nats-server")?;
    remember_stop(&["kill", &child.id().to_string()])?;
    wait_for_port(&format!("127.0.0.1:{port}"))?;
    Ok(format!("127.0.0.1:{port}"))
}

fn start_kafka(folder: &Path, program: &Path) -> Result<String> {
    let address = format!("127.0.0.1:{}", free_port()?);
    let url = format!("tcp://{address}");
    let child = command(program)
        .args(["broker", "--silent", "--storage-engine", "sqlite://kafka.db"])
        .args(["--listener-url", &url, "--advertised-listener-url", &url])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start tansu")?;
    remember_stop(&["kill", &child.id().to_string()])?;
    wait_for_port(&address)?;
    Ok(address)
}

/// A port nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[expect(clippy::disallowed_methods, reason = "a look at a server this command itself started")]
pub(crate) fn wait_for_port(address: &str) -> Result<()> {
    for _ in 0..100 {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("nothing answers at {address} after ten seconds")
}
