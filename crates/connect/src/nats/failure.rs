//! What a server says, as an error of the source: whether trying again may help, and how it is mended.

use async_nats::ConnectErrorKind;
use async_nats::jetstream::context::{GetStreamError, GetStreamErrorKind, RequestError, RequestErrorKind};
use async_nats::jetstream::stream::{ConsumerError, ConsumerErrorKind};
use async_nats::jetstream::{self, ErrorCode};
use brain_kernel::language::Text;

use super::Nats;
use crate::{Error, encryption};

impl Nats {
    pub(super) fn broker(&self, cause: Text, transient: bool) -> Error {
        Error::Broker { server: self.server(), cause, transient }
    }

    pub(super) fn silent(&self) -> Error {
        self.broker(Text::new("没有应答", "it does not answer"), true)
    }

    pub(super) fn interrupted(&self, cause: &str) -> Error {
        self.broker(Text::new(format!("读取中断：{cause}"), format!("reading broke off: {cause}")), true)
    }

    /// A server that did not let us in.
    pub(super) fn refused(&self, error: &async_nats::ConnectError) -> Error {
        if let Some(refusal) = encryption::refusal(error) {
            return self.broker(
                Text::new(
                    format!("加密连接未建立：{refusal}"),
                    format!("no encrypted connection: {refusal}"),
                ),
                false,
            );
        }
        match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => self.broker(
                Text::new("用户、口令或令牌不被接受", "it does not take the user, password or token"),
                false,
            ),
            ConnectErrorKind::Tls | ConnectErrorKind::ServerParse => self.broker(both(error), false),
            _ => self.broker(both(error), true),
        }
    }

    pub(super) fn no_stream(&self, error: &GetStreamError) -> Error {
        match error.kind() {
            GetStreamErrorKind::JetStream(said) if said.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                let (server, stream) = (self.server(), &self.settings.stream);
                Error::setting(
                    "stream",
                    format!("服务器 {server} 没有流 {stream}，或该用户看不到它。"),
                    format!("The server {server} has no stream {stream}, or this user cannot see it."),
                )
            }
            _ => self.failed(error),
        }
    }

    /// What the server answered to a request, or that it did not.
    pub(super) fn failed(&self, error: &(dyn std::error::Error + 'static)) -> Error {
        let off = [ErrorCode::JETSTREAM_NOT_ENABLED, ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT];
        let disabled = || {
            let cause = Text::new(
                "未启用 JetStream，或该账户无权使用",
                "JetStream is not enabled, or not for this account",
            );
            self.broker(cause, false)
        };
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(said) = api_error(error) {
                // 503 of its interface: no leader, starting up. What is not enabled says 503, too.
                let transient = said.code() == 503 && !off.contains(&said.error_code());
                return if off.contains(&said.error_code()) {
                    disabled()
                } else {
                    self.broker(both(&said), transient)
                };
            }
            if let Some(request) = error.downcast_ref::<RequestError>() {
                return match request.kind() {
                    RequestErrorKind::NoResponders => disabled(),
                    RequestErrorKind::InvalidSubject => self.broker(both(request), false),
                    _ => self.broker(both(request), true),
                };
            }
            cause = error.source();
        }
        self.broker(both(error), true)
    }
}

/// The same words in both languages: the library has one.
fn both(error: &(impl std::fmt::Display + ?Sized)) -> Text {
    Text::new(error.to_string(), error.to_string())
}

/// What the server's interface says, if this is its word.
fn api_error(error: &(dyn std::error::Error + 'static)) -> Option<jetstream::Error> {
    if let Some(error) = error.downcast_ref::<GetStreamError>()
        && let GetStreamErrorKind::JetStream(said) = error.kind()
    {
        return Some(said);
    }
    if let Some(error) = error.downcast_ref::<ConsumerError>()
        && let ConsumerErrorKind::JetStream(said) = error.kind()
    {
        return Some(said);
    }
    error.downcast_ref::<jetstream::Error>().cloned()
}
