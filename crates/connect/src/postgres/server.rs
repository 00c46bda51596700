//! The way to a PostgreSQL server: a connection that can only read.

use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::Result;
use crate::database::{Link, Server, Tls};

/// A connection whose transactions read, unless they say that they write.
pub(super) async fn connect(server: &Server) -> Result<Link<PgConnection>> {
    let place = &server.place;
    let socket = format!(".s.PGSQL.{}", place.port);
    server
        .link(&socket, |relay| {
            let mut options = PgConnectOptions::new_without_pgpass()
                .host(server.host_of_certificate())
                .port(place.port)
                .socket(relay.folder())
                .database(&place.database)
                .username(&place.user)
                .application_name("brain-connector")
                .ssl_mode(match place.tls {
                    Tls::Off => PgSslMode::Disable,
                    Tls::On => PgSslMode::Require,
                    Tls::Verify => PgSslMode::VerifyFull,
                })
                .options([
                    ("default_transaction_read_only", "on"),
                    ("datestyle", "ISO, YMD"),
                    ("timezone", "UTC"),
                    ("intervalstyle", "iso_8601"),
                    ("bytea_output", "hex"),
                ])
                .disable_statement_logging();
            if let Some(authority) = &place.authority {
                options = options.ssl_root_cert_from_pem(authority.clone().into_bytes());
            }
            if let Some(secret) = &server.secret {
                options = options.password(secret.expose());
            }
            async move { PgConnection::connect_with(&options).await }
        })
        .await
}

/// SQLSTATE of a failure, and whether the same may work later.
pub(super) fn told(said: &(dyn DatabaseError + 'static)) -> (String, bool) {
    let state = said.code().unwrap_or_default().into_owned();
    let transient = is_transient(&state);
    (state, transient)
}

/// Classes of SQLSTATE (PostgreSQL, appendix A) that pass by themselves: connection, resources, shutdown, conflicts, and
/// objects in use.
fn is_transient(state: &str) -> bool {
    ["08", "53", "57P", "40", "55P03", "55006", "58"].iter().any(|class| state.starts_with(class))
}

/// An identifier, whatever characters it has.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
    }

    #[test]
    fn states_that_pass_are_told_from_those_that_do_not() {
        for state in ["08006", "53300", "57P01", "40001", "55P03", "55006"] {
            assert!(is_transient(state), "{state}");
        }
        for state in ["28P01", "42501", "42P01", "3D000", "22P02", "55000", ""] {
            assert!(!is_transient(state), "{state}");
        }
    }
}
