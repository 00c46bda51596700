//! The way to a MySQL or MariaDB server: a connection that can only read, in UTF-8 and UTC.

use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::database::{Link, Server, Tls};
use crate::{Error, Result};

/// Name of the relay's socket.
const SOCKET: &str = "mysql.sock";
/// What a session begins with. Without a mode a date of zeros compares and converts like any other, names stand in
/// backticks and backslashes escape; the transaction sees one moment and cannot write.
const SESSION: [&str; 3] = [
    "SET SESSION sql_mode = '', SESSION net_write_timeout = 600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT",
];

/// A connection in a transaction that reads.
pub(super) async fn connect(server: &Server) -> Result<Link<MySqlConnection>> {
    let linked = server.link(SOCKET, |relay| {
        let place = &server.place;
        let mut options = MySqlConnectOptions::new()
            .host(server.host_of_certificate())
            .port(place.port)
            .socket(relay.folder().join(SOCKET))
            .database(&place.database)
            .username(&place.user)
            .charset("utf8mb4")
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .ssl_mode(match place.tls {
                Tls::Off => MySqlSslMode::Disabled,
                Tls::On => MySqlSslMode::Required,
                Tls::Verify => MySqlSslMode::VerifyIdentity,
            })
            .disable_statement_logging();
        if let Some(authority) = &place.authority {
            options = options.ssl_ca_from_pem(authority.clone().into_bytes());
        }
        if let Some(secret) = &server.secret {
            options = options.password(secret.expose());
        }
        async move {
            let mut connection = MySqlConnection::connect_with(&options).await?;
            for statement in SESSION {
                sqlx::raw_sql(statement).execute(&mut connection).await?;
            }
            Ok(connection)
        }
    });
    match linked.await {
        // Without encryption the library would have to encrypt the password itself (RSA), which we do not link.
        Err(Error::Database { state, .. }) if state == "client" && server.place.tls == Tls::Off => {
            Err(Error::setting(
                "tls",
                "该账户的认证方式（caching_sha2_password）需要加密连接；请使用 on 或 verify。",
                "This account's way of signing in (caching_sha2_password) needs an encrypted connection; use on or verify.",
            ))
        }
        linked => linked,
    }
}

/// SQLSTATE and number of a failure, and whether the same may work later. Many numbers share one SQLSTATE.
pub(super) fn told(said: &(dyn DatabaseError + 'static)) -> (String, bool) {
    let number = said.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number);
    (format!("{}/{number}", said.code().unwrap_or_default()), is_transient(number))
}

/// Numbers of errors that pass by themselves: too many connections (1040, 1203), shutdown (1053, 1077, 1079), the wire
/// (1158–1161), locks (1205, 1213), a connection or query that was killed (1317, 1927), memory (1037, 1038, 1041).
const fn is_transient(number: u16) -> bool {
    matches!(
        number,
        1037 | 1038 | 1040 | 1041 | 1053 | 1077 | 1079 | 1158..=1161 | 1203 | 1205 | 1213 | 1317 | 1927
    )
}

/// An identifier, whatever characters it has.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(quoted("a`; DROP TABLE x; --"), "`a``; DROP TABLE x; --`");
    }

    #[test]
    fn errors_that_pass_are_told_from_those_that_do_not() {
        for number in [1040, 1053, 1159, 1213, 1927] {
            assert!(is_transient(number), "{number}");
        }
        // Wrong password, no table, no right, a write in a transaction that reads.
        for number in [1045, 1146, 1142, 1792, 0] {
            assert!(!is_transient(number), "{number}");
        }
    }
}
