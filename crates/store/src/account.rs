//! Accounts (账号): who may sign in.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::account::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::account::Model as Account;

/// Store a new account; a taken user name is [`Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, account: Account) -> Result<Account> {
    Ok(account.into_active_model().insert(db).await?)
}

/// The account with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<Account>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The account with this user name (already lower case), locked until the transaction ends where the engine can.
pub async fn find_by_username_for_update(
    db: &impl ConnectionTrait,
    username: &str,
) -> Result<Option<Account>> {
    Ok(Entity::find().filter(Column::Username.eq(username)).lock_exclusive().one(db).await?)
}

/// The account with this id, locked until the transaction ends where the engine can.
pub async fn find_for_update(db: &impl ConnectionTrait, id: &str) -> Result<Option<Account>> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(db).await?)
}

/// The account with this user name (already lower case).
pub async fn find_by_username(db: &impl ConnectionTrait, username: &str) -> Result<Option<Account>> {
    Ok(Entity::find().filter(Column::Username.eq(username)).one(db).await?)
}

/// How many accounts hold `role`, closed ones included.
pub async fn count_with_role(db: &impl ConnectionTrait, role: &str) -> Result<u64> {
    Ok(Entity::find().filter(Column::Role.eq(role)).count(db).await?)
}

/// Accounts by user name.
pub async fn list(db: &impl ConnectionTrait, request: PageRequest) -> Result<Page<Account>> {
    page::fetch(db, Entity::find().order_by_asc(Column::Username), request).await
}

/// Accounts of one kind by user name.
pub async fn list_of_kind(
    db: &impl ConnectionTrait,
    kind: &str,
    request: PageRequest,
) -> Result<Page<Account>> {
    page::fetch(db, Entity::find().filter(Column::Kind.eq(kind)).order_by_asc(Column::Username), request)
        .await
}

/// How many accounts of `role` can still sign in.
pub async fn count_enabled_with_role(db: &impl ConnectionTrait, role: &str) -> Result<u64> {
    Ok(Entity::find().filter(Column::Role.eq(role)).filter(Column::Disabled.eq(false)).count(db).await?)
}

/// Allow or refuse further sign-ins.
pub async fn set_disabled(db: &impl ConnectionTrait, id: &str, disabled: bool) -> Result<()> {
    let update =
        Entity::update_many().col_expr(Column::Disabled, Expr::value(disabled)).filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

/// Replace the password; failures and lock are forgotten.
pub async fn set_password(
    db: &impl ConnectionTrait,
    id: &str,
    password_hash: &str,
    must_change: bool,
    at: DateTime<Utc>,
) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(password_hash))
        .col_expr(Column::MustChangePassword, Expr::value(must_change))
        .col_expr(Column::PasswordChangedAt, Expr::value(at))
        .col_expr(Column::FailedSignIns, Expr::value(0))
        .col_expr(Column::Lockouts, Expr::value(0))
        .col_expr(Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

/// Remember a failed sign-in, and the lock it led to if any.
pub async fn record_failure(
    db: &impl ConnectionTrait,
    id: &str,
    failed_sign_ins: i32,
    lockouts: i32,
    locked_until: Option<DateTime<Utc>>,
) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::FailedSignIns, Expr::value(failed_sign_ins))
        .col_expr(Column::Lockouts, Expr::value(lockouts))
        .col_expr(Column::LockedUntil, Expr::value(locked_until))
        .filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

/// Remember a good sign-in; failures and lock are forgotten.
pub async fn record_sign_in(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::FailedSignIns, Expr::value(0))
        .col_expr(Column::Lockouts, Expr::value(0))
        .col_expr(Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LastSignInAt, Expr::value(at))
        .filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

/// Forget failures and lock, without a sign-in.
pub async fn unlock(db: &impl ConnectionTrait, id: &str) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::FailedSignIns, Expr::value(0))
        .col_expr(Column::Lockouts, Expr::value(0))
        .col_expr(Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

/// Open accounts of people that nobody has signed in with, or opened, since `before`.
pub async fn unused_since(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<Vec<Account>> {
    let never = Column::LastSignInAt.is_null().and(Column::CreatedAt.lt(before));
    let unused = Column::LastSignInAt.lt(before).or(never);
    let open = Entity::find().filter(Column::Disabled.eq(false)).filter(Column::Kind.eq("person"));
    Ok(open.filter(unused).order_by_asc(Column::Id).all(db).await?)
}

/// How many accounts act for each of these organisations.
pub async fn count_by_organisation(
    db: &impl ConnectionTrait,
    organisations: &[String],
) -> Result<Vec<(String, i64)>> {
    let counted = Entity::find()
        .select_only()
        .column(Column::Organisation)
        .column_as(Column::Id.count(), "members")
        .filter(Column::Organisation.is_in(organisations))
        .group_by(Column::Organisation);
    Ok(counted.into_tuple().all(db).await?)
}

/// Replace the role.
pub async fn set_role(db: &impl ConnectionTrait, id: &str, role: &str) -> Result<()> {
    let update = Entity::update_many().col_expr(Column::Role, Expr::value(role)).filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

/// Bring an account in step with what its provider says of it.
pub async fn set_described(
    db: &impl ConnectionTrait,
    id: &str,
    display_name: &str,
    role: &str,
    organisation: Option<&str>,
    region: Option<&str>,
) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::DisplayName, Expr::value(display_name))
        .col_expr(Column::Role, Expr::value(role))
        .col_expr(Column::Organisation, Expr::value(organisation))
        .col_expr(Column::Region, Expr::value(region))
        .filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

fn one_row(affected: u64, id: &str) -> Result<()> {
    if affected == 0 { Err(Error::NotFound { what: "account", id: id.to_owned() }) } else { Ok(()) }
}
