//! A data folder of its own for each test, and the program run on it.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use tempfile::TempDir;

/// A node that does not exist until a command creates it.
pub struct TestNode {
    parent: TempDir,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Answer {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl TestNode {
    pub fn new() -> Self {
        Self { parent: tempfile::tempdir().unwrap() }
    }

    /// A node with the same files.
    pub fn copy(&self) -> Self {
        let node = Self::new();
        for entry in std::fs::read_dir(self.place()).unwrap().flatten() {
            let to = node.place().join(entry.file_name());
            let done = Command::new("cp").arg("-a").arg(entry.path()).arg(to).status().unwrap();
            assert!(done.success());
        }
        node
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.parent.path().join("data")
    }

    /// Where a test keeps its own files; also the working folder of every command.
    pub fn place(&self) -> &Path {
        self.parent.path()
    }

    /// Write a file beside the data folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.place().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The program, speaking English, with none of the caller's configuration.
    pub fn bare(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brain"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("BRAIN_") || name.starts_with("LC_") || name == "LANG" {
                command.env_remove(name);
            }
        }
        command.env("LANG", "en_US.UTF-8").current_dir(self.place()).args(words);
        command
    }

    /// The program on this node's data folder.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.bare(&[]);
        command.arg("--data").arg(self.data()).args(words);
        command
    }

    /// Run to the end.
    pub fn run(&self, words: &[&str]) -> Answer {
        answer(&mut self.command(words))
    }

    /// Run to the end and expect success; returns standard output.
    pub fn ok(&self, words: &[&str]) -> String {
        let answer = self.run(words);
        assert_eq!(answer.code, Some(0), "brain {}: {answer:?}", words.join(" "));
        answer.out
    }

    /// Ingest with `--json`; the last line as JSON.
    pub fn ingest(&self, path: &Path, mapping: &str) -> Value {
        let out = self.ok(&["ingest", path.to_str().unwrap(), "--as", mapping, "--json"]);
        serde_json::from_str(out.lines().last().unwrap()).unwrap()
    }

    /// Rows of one SELECT.
    pub fn sql(&self, query: &str) -> Vec<Value> {
        serde_json::from_str(&self.ok(&["sql", query, "--format", "json"])).unwrap()
    }

    /// Start `brain serve` on a free port and wait for the line that says it listens.
    pub fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// [`TestNode::serve`] with configuration in the environment.
    pub fn serve_with(&self, environment: &[(&str, &str)]) -> Serving {
        self.start(&["serve", "--listen", "127.0.0.1:0"], environment)
    }

    /// Start a command that listens, and wait for the line that says so.
    pub fn start(&self, words: &[&str], environment: &[(&str, &str)]) -> Serving {
        let mut command = self.command(words);
        command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut serving = Serving { child, output, address: String::new() };
        serving.listens();
        serving
    }
}

/// Run a command to its end.
pub fn answer(command: &mut Command) -> Answer {
    command.stdin(Stdio::null()).output().unwrap().into()
}

/// A serving program; killed when the test is over.
pub struct Serving {
    child: Child,
    /// Kept open, so that the program may go on printing.
    output: BufReader<ChildStdout>,
    pub address: String,
}

impl Serving {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Wait for the next line that says where it listens.
    pub fn listens(&mut self) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let address = line.trim().rsplit_once("http://").map(|(_, address)| address.to_owned());
        self.address = address.unwrap_or_else(|| panic!("no address in {line:?}"));
    }

    /// Kill it as the kernel does when memory runs out.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Wait until it has ended by itself.
    pub fn ends(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Status of a GET.
    pub fn status(&self, path: &str) -> u16 {
        self.get(path, &[]).split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// A header of the answer to a GET with these header lines.
    pub fn header(&self, path: &str, lines: &[&str], name: &str) -> String {
        let reply = self.get(path, lines);
        let found = reply.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name} in {reply}")).trim().to_owned()
    }

    /// Wait until the program has measured itself.
    pub fn measured(&self) {
        for _ in 0..1_200 {
            if self.get("/readyz", &[]).contains("measurement: ok") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("not measured within two minutes");
    }

    #[expect(clippy::disallowed_methods, reason = "the test's own node, on this machine")]
    pub fn get(&self, path: &str, lines: &[&str]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let more: String = lines.iter().flat_map(|line| [*line, "\r\n"]).collect();
        let host = &self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// Ask it to stop as a service manager does, and wait for the exit code.
    #[cfg(unix)]
    pub fn terminate(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Already gone when it was terminated.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
