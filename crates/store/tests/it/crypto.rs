//! Data keys, secrets, certificates.

use brain_store::certificate::{self, CertificateRow};
use brain_store::data_key::{self, DataKeyRow};
use brain_store::secret::{self, SecretRow};
use brain_store::{PageRequest, Store};
use chrono::TimeDelta;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    the_newest_living_key_of_a_purpose_seals,
    a_destroyed_key_is_gone_and_cannot_be_wrapped_again,
    a_secret_is_replaced_by_name_and_its_bytes_are_not_shown,
    a_certificate_is_revoked_once_and_named_until_it_runs_out,
);

fn a_key(store: &Store, purpose: &str, kek: &str) -> DataKeyRow {
    DataKeyRow {
        id: store.new_id(),
        purpose: purpose.to_owned(),
        algorithm: "sm4-gcm".to_owned(),
        kek_id: kek.to_owned(),
        wrapped: Some(vec![0, 1, 2, 255]),
        created_at: store.now(),
        retired_at: None,
        destroyed_at: None,
    }
}

async fn the_newest_living_key_of_a_purpose_seals(database: &TestDatabase) {
    let store = database.open().await;
    let db = store.db();
    assert_eq!(data_key::current(db, "secret").await.unwrap(), None);
    let first = data_key::insert(db, a_key(&store, "secret", "k1")).await.unwrap();
    database.clock.advance(TimeDelta::seconds(1));
    let second = data_key::insert(db, a_key(&store, "secret", "k2")).await.unwrap();
    data_key::insert(db, a_key(&store, "backup", "k2")).await.unwrap();
    assert_eq!(data_key::current(db, "secret").await.unwrap(), Some(second.clone()));
    assert_eq!(data_key::of_purpose(db, "secret").await.unwrap(), [first.clone(), second]);
    assert_eq!(data_key::wrapped_by_others(db, "k2", 10).await.unwrap(), std::slice::from_ref(&first));
    data_key::rewrap(db, &first.id, "k2", vec![7]).await.unwrap();
    assert_eq!(data_key::find(db, &first.id).await.unwrap().unwrap().wrapped, Some(vec![7]));
    assert_eq!(data_key::retire(db, "secret", store.now()).await.unwrap(), 2);
    assert_eq!(data_key::current(db, "secret").await.unwrap(), None);
    assert_eq!(data_key::list(db, PageRequest::default()).await.unwrap().total, 3);
    store.close().await.unwrap();
}

async fn a_destroyed_key_is_gone_and_cannot_be_wrapped_again(database: &TestDatabase) {
    let store = database.open().await;
    let db = store.db();
    let key = data_key::insert(db, a_key(&store, "dataset:raw.x", "k1")).await.unwrap();
    data_key::destroy(db, &key.id, store.now()).await.unwrap();
    let gone = data_key::find(db, &key.id).await.unwrap().unwrap();
    assert_eq!((gone.wrapped, gone.destroyed_at), (None, Some(store.now())));
    assert_eq!(data_key::current(db, "dataset:raw.x").await.unwrap(), None);
    assert_eq!(data_key::wrapped_by_others(db, "k2", 10).await.unwrap(), []);
    for again in [
        data_key::destroy(db, &key.id, store.now()).await,
        data_key::rewrap(db, &key.id, "k2", vec![1]).await,
    ] {
        assert_eq!(again.unwrap_err().code(), "store/not-found");
    }
    store.close().await.unwrap();
}

async fn a_secret_is_replaced_by_name_and_its_bytes_are_not_shown(database: &TestDatabase) {
    let store = database.open().await;
    let db = store.db();
    let keys = [a_key(&store, "secret", "k1"), a_key(&store, "secret", "k1")];
    for key in keys.clone() {
        data_key::insert(db, key).await.unwrap();
    }
    let secret = |name: &str, key: usize, sealed: &[u8]| SecretRow {
        name: name.to_owned(),
        key_id: keys[key].id.clone(),
        sealed: sealed.to_owned(),
        updated_at: store.now(),
    };
    secret::put(db, secret("totp/a", 0, b"one")).await.unwrap();
    secret::put(db, secret("totp/a", 1, b"two")).await.unwrap();
    secret::put(db, secret("totp/b", 0, b"three")).await.unwrap();
    secret::put(db, secret("oidc/c", 0, b"four")).await.unwrap();
    let read = secret::find(db, "totp/a").await.unwrap().unwrap();
    assert_eq!(read, secret("totp/a", 1, b"two"));
    assert!(!serde_json::to_string(&read).unwrap().contains("sealed"));
    assert_eq!(secret::names(db, "totp/").await.unwrap(), ["totp/a", "totp/b"]);
    let others = secret::sealed_by_others(db, &keys[1].id, 10).await.unwrap();
    assert_eq!(others.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["oidc/c", "totp/b"]);
    assert!(secret::delete(db, "totp/a").await.unwrap());
    assert!(!secret::delete(db, "totp/a").await.unwrap());
    store.close().await.unwrap();
}

async fn a_certificate_is_revoked_once_and_named_until_it_runs_out(database: &TestDatabase) {
    let store = database.open().await;
    let db = store.db();
    let certificate = |serial: &str, usage: &str| CertificateRow {
        serial: serial.to_owned(),
        subject: "brain-a".to_owned(),
        usage: usage.to_owned(),
        pem: "-----BEGIN".to_owned(),
        not_before: store.now(),
        not_after: store.now() + TimeDelta::days(90),
        revoked_at: None,
        revoked_reason: None,
    };
    let one = certificate::insert(db, certificate("0a", "node")).await.unwrap();
    certificate::insert(db, certificate("0b", "server")).await.unwrap();
    assert_eq!(certificate::newest(db, "node").await.unwrap(), Some(one));
    assert_eq!(certificate::revoked(db, store.now()).await.unwrap(), []);
    certificate::revoke(db, "0a", "key leaked", store.now()).await.unwrap();
    let again = certificate::revoke(db, "0a", "key leaked", store.now()).await.unwrap_err();
    assert_eq!(again.code(), "store/not-found");
    assert_eq!(certificate::newest(db, "node").await.unwrap(), None);
    let revoked = certificate::revoked(db, store.now()).await.unwrap();
    assert_eq!(revoked.iter().map(|row| row.serial.as_str()).collect::<Vec<_>>(), ["0a"]);
    assert_eq!(certificate::find(db, "0a").await.unwrap().unwrap().revoked_reason.unwrap(), "key leaked");
    assert_eq!(certificate::revoked(db, store.now() + TimeDelta::days(91)).await.unwrap(), []);
    assert_eq!(certificate::list(db, PageRequest::default()).await.unwrap().total, 2);
    store.close().await.unwrap();
}
