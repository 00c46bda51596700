//! Files on an object store and state in PostgreSQL, in the same test.

use crate::node::{Node, OTHER, OWN, Place, administrator, party};
use crate::same::{alike, rows};
use brain_kernel::party::Role;
use brain_testkit::PostgresDatabase;

async fn answers_alike(place: Place) {
    let place = Place { alone: true, ..place };
    let node = Node::loaded_in(place.clone()).await;
    let queries = [
        "SELECT firm, sum(amount), count(*) FROM raw.sale GROUP BY firm",
        "SELECT s.firm, p.name FROM raw.sale s, raw.place p ORDER BY s.amount, p.name",
        "SELECT * FROM raw.\"sale@0\"",
    ];
    for (sql, engine, _) in alike(&node, &place, queries).await {
        assert_eq!(engine, "ballista", "{sql}");
    }
}

async fn shows_an_enterprise_its_own(place: Place) {
    let node = Node::loaded_in(place).await;
    let own = party(Role::Enterprise, Some(OWN));
    let (seen, engine) = rows(&node.warehouse, &own, "SELECT DISTINCT firm FROM raw.sale").await.unwrap();
    assert_eq!((seen, engine), (vec![format!("{OWN}|")], "ballista"));
    let hidden = format!("SELECT count(*) FROM raw.sale WHERE firm = '{OTHER}'");
    assert_eq!(rows(&node.warehouse, &own, &hidden).await.unwrap().0, ["0|"]);
    let all = rows(&node.warehouse, &administrator(), &hidden).await.unwrap();
    assert_eq!(all, (vec!["1|".to_owned()], "ballista"));
}

#[tokio::test]
async fn a_lake_on_an_object_store_is_read_by_the_executors_with_their_own_key() {
    answers_alike(Place::objects()).await;
    shows_an_enterprise_its_own(Place::objects()).await;
}

#[tokio::test]
async fn a_lake_on_an_object_store_with_its_state_in_postgres_answers_on_the_cluster() {
    let Some(database) = PostgresDatabase::offered().await else { return };
    answers_alike(Place { database: Some(database.url.clone()), ..Place::objects() }).await;
    database.drop_it().await;
}
