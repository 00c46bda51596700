//! Second factors (第二因素): authenticator secrets, recovery codes, passkeys.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{passkey, recovery_code, totp};
use crate::{Error, Result};

pub use crate::entity::passkey::Model as PasskeyRow;
pub use crate::entity::recovery_code::Model as RecoveryCode;
pub use crate::entity::totp::Model as Totp;

/// Accounts with a proved authenticator or a passkey.
pub async fn protected_accounts(db: &impl ConnectionTrait) -> Result<std::collections::BTreeSet<String>> {
    use sea_orm::QuerySelect as _;
    let authenticators: Vec<String> = totp::Entity::find()
        .select_only()
        .column(totp::Column::AccountId)
        .filter(totp::Column::ConfirmedAt.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    let passkeys: Vec<String> =
        passkey::Entity::find().select_only().column(passkey::Column::AccountId).into_tuple().all(db).await?;
    Ok(authenticators.into_iter().chain(passkeys).collect())
}

/// Put a fresh, unproved secret in the place of any other of the account.
pub async fn put_totp(db: &impl ConnectionTrait, row: Totp) -> Result<()> {
    totp::Entity::delete_by_id(&row.account_id).exec(db).await?;
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// The secret of an account, proved or not.
pub async fn totp(db: &impl ConnectionTrait, account_id: &str) -> Result<Option<Totp>> {
    Ok(totp::Entity::find_by_id(account_id).one(db).await?)
}

/// Use up time step `step`; whether it was still unused. The first use proves the secret.
pub async fn use_totp_step(
    db: &impl ConnectionTrait,
    account_id: &str,
    step: i64,
    at: DateTime<Utc>,
) -> Result<bool> {
    let unused = totp::Column::LastStep.is_null().or(totp::Column::LastStep.lt(step));
    let update = totp::Entity::update_many()
        .col_expr(totp::Column::LastStep, Expr::value(step))
        .filter(totp::Column::AccountId.eq(account_id))
        .filter(unused);
    let used = update.exec(db).await?.rows_affected > 0;
    if used {
        totp::Entity::update_many()
            .col_expr(totp::Column::ConfirmedAt, Expr::value(at))
            .filter(totp::Column::AccountId.eq(account_id))
            .filter(totp::Column::ConfirmedAt.is_null())
            .exec(db)
            .await?;
    }
    Ok(used)
}

/// Forget the secret; whether there was one.
pub async fn delete_totp(db: &impl ConnectionTrait, account_id: &str) -> Result<bool> {
    Ok(totp::Entity::delete_by_id(account_id).exec(db).await?.rows_affected > 0)
}

/// Put these codes in the place of all earlier ones of the account.
pub async fn replace_recovery_codes(
    db: &impl ConnectionTrait,
    account_id: &str,
    codes: Vec<RecoveryCode>,
) -> Result<()> {
    recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::AccountId.eq(account_id))
        .exec(db)
        .await?;
    if !codes.is_empty() {
        let rows = codes.into_iter().map(IntoActiveModel::into_active_model);
        recovery_code::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Use up a recovery code; whether it was the account's and still unused.
pub async fn use_recovery_code(
    db: &impl ConnectionTrait,
    account_id: &str,
    code_hash: &str,
    at: DateTime<Utc>,
) -> Result<bool> {
    let update = recovery_code::Entity::update_many()
        .col_expr(recovery_code::Column::UsedAt, Expr::value(at))
        .filter(recovery_code::Column::CodeHash.eq(code_hash))
        .filter(recovery_code::Column::AccountId.eq(account_id))
        .filter(recovery_code::Column::UsedAt.is_null());
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// How many unused recovery codes an account has.
pub async fn recovery_codes_left(db: &impl ConnectionTrait, account_id: &str) -> Result<u64> {
    let unused = recovery_code::Entity::find()
        .filter(recovery_code::Column::AccountId.eq(account_id))
        .filter(recovery_code::Column::UsedAt.is_null());
    Ok(unused.count(db).await?)
}

/// Store a new passkey; a known credential is [`Error::AlreadyExists`].
pub async fn insert_passkey(db: &impl ConnectionTrait, row: PasskeyRow) -> Result<PasskeyRow> {
    Ok(row.into_active_model().insert(db).await?)
}

/// Passkeys of an account, oldest first.
pub async fn passkeys(db: &impl ConnectionTrait, account_id: &str) -> Result<Vec<PasskeyRow>> {
    let own = passkey::Entity::find().filter(passkey::Column::AccountId.eq(account_id));
    Ok(own.order_by_asc(passkey::Column::Id).all(db).await?)
}

/// The passkey with this credential id (base64url), locked until the transaction ends where the engine can.
pub async fn passkey_by_credential(
    db: &impl ConnectionTrait,
    credential_id: &str,
) -> Result<Option<PasskeyRow>> {
    let found = passkey::Entity::find().filter(passkey::Column::CredentialId.eq(credential_id));
    Ok(found.lock_exclusive().one(db).await?)
}

/// Remember a use: the counter, and whether the authenticator has copied the passkey elsewhere.
pub async fn touch_passkey(
    db: &impl ConnectionTrait,
    id: &str,
    sign_count: i64,
    backed_up: bool,
    at: DateTime<Utc>,
) -> Result<()> {
    passkey::Entity::update_many()
        .col_expr(passkey::Column::SignCount, Expr::value(sign_count))
        .col_expr(passkey::Column::BackedUp, Expr::value(backed_up))
        .col_expr(passkey::Column::LastUsedAt, Expr::value(at))
        .filter(passkey::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Refuse the passkey from now on.
pub async fn suspend_passkey(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    passkey::Entity::update_many()
        .col_expr(passkey::Column::SuspendedAt, Expr::value(at))
        .filter(passkey::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Call one passkey of an account something else.
pub async fn rename_passkey(db: &impl ConnectionTrait, account_id: &str, id: &str, name: &str) -> Result<()> {
    let own = passkey::Entity::update_many()
        .col_expr(passkey::Column::Name, Expr::value(name))
        .filter(passkey::Column::Id.eq(id))
        .filter(passkey::Column::AccountId.eq(account_id));
    match own.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "passkey", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Forget one passkey of an account.
pub async fn delete_passkey(db: &impl ConnectionTrait, account_id: &str, id: &str) -> Result<()> {
    let own = passkey::Entity::delete_many()
        .filter(passkey::Column::Id.eq(id))
        .filter(passkey::Column::AccountId.eq(account_id));
    match own.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "passkey", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Forget every second factor of an account.
pub async fn delete_all(db: &impl ConnectionTrait, account_id: &str) -> Result<()> {
    delete_totp(db, account_id).await?;
    replace_recovery_codes(db, account_id, Vec::new()).await?;
    passkey::Entity::delete_many().filter(passkey::Column::AccountId.eq(account_id)).exec(db).await?;
    Ok(())
}
