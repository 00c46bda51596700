//! What a broker says, as an error of the source: whether trying again may help, and how it is mended.

use brain_kernel::language::Text;

use super::wire::Malformed;
use crate::{Error, encryption};

fn broker(server: &str, cause: Text, transient: bool) -> Error {
    Error::Broker { server: server.to_owned(), cause, transient }
}

pub(super) fn silent(server: &str) -> Error {
    broker(server, Text::new("没有应答", "it does not answer"), true)
}

/// The network, or the broker's end of it.
pub(super) fn broken(server: &str, error: &std::io::Error) -> Error {
    if let Some(refusal) = encryption::refusal(error) {
        let cause =
            Text::new(format!("加密连接未建立：{refusal}"), format!("no encrypted connection: {refusal}"));
        return broker(server, cause, false);
    }
    if error.kind() == std::io::ErrorKind::InvalidData {
        return broker(
            server,
            Text::new(format!("应答无法接收：{error}"), format!("it sent {error}")),
            false,
        );
    }
    broker(server, Text::new(format!("读取中断：{error}"), format!("reading broke off: {error}")), true)
}

pub(super) fn malformed(server: &str, error: Malformed) -> Error {
    let cause = Text::new(
        format!("应答不是可读的 Kafka 协议：{error}"),
        format!("its answer is no Kafka that can be read: {error}"),
    );
    broker(server, cause, false)
}

pub(super) fn too_old(server: &str) -> Error {
    let cause =
        Text::new("版本低于 Kafka 0.11，无法读取", "it is older than Kafka 0.11, which cannot be read");
    broker(server, cause, false)
}

pub(super) fn no_mechanism(server: &str, mechanism: &str) -> Error {
    let (zh, en) =
        (format!("不支持 {mechanism} 方式登录"), format!("it does not let anybody in by {mechanism}"));
    broker(server, Text::new(zh, en), false)
}

pub(super) fn not_let_in(server: &str) -> Error {
    broker(server, Text::new("用户或口令不被接受", "it does not take the user or password"), false)
}

/// Who does not know the password is not who it says it is.
pub(super) fn impostor(server: &str) -> Error {
    let cause = Text::new(
        "未能证明自己知道口令，可能不是真正的服务器",
        "it could not show that it knows the password; it may be somebody else",
    );
    broker(server, cause, false)
}

/// An error by its number (kafka.apache.org/protocol, "Error Codes").
pub(super) fn answered(server: &str, code: i16) -> Error {
    let (zh, en, transient) = match code {
        5 | 6 | 7 | 8 | 9 | 13 | 14 | 15 | 16 | 72 | 74 | 75 | 76 | 78 => {
            ("主副本暂不可用或正在切换", "the leader is away or changing", true)
        }
        29..=31 => ("该用户无权读取", "this user may not read it", false),
        34 | 35 => ("不接受此请求", "it does not take this request", false),
        56 => ("磁盘出错", "its disk failed", true),
        _ => ("拒绝了请求", "it refused a request", true),
    };
    broker(server, Text::new(format!("{zh}（代码 {code}）"), format!("{en} (code {code})")), transient)
}

/// The server has no such topic, or this user cannot see it.
pub(super) fn no_topic(server: &str, topic: &str) -> Error {
    Error::setting(
        "topic",
        format!("服务器 {server} 没有主题 {topic}，或该用户看不到它。"),
        format!("The server {server} has no topic {topic}, or this user cannot see it."),
    )
}

pub(super) fn password_of_nobody() -> Error {
    Error::setting("user", "有口令，但没有填写用户。", "There is a password, but no user it is of.")
}
