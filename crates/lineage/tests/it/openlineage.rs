//! Events in and out.

use brain_lineage::openlineage::{
    Dataset, Event, EventKind, Field, Job, RunState, SchemaFacet, SqlFacet, columns_of_statement, facet,
    parse, parse_batch, with_base,
};
use brain_lineage::sql::{Catalogue, Dialect, analyse};
use brain_lineage::{EdgeKind, Graph, LineageError, NodeName, Walk, graph::Direction};
use serde_json::{Value, json};

const PRODUCER: &str = "https://example.org/scheduler/v1";

fn base(schema: &str) -> Value {
    json!({"_producer": PRODUCER, "_schemaURL": format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/X")})
}

fn complete() -> Value {
    let mut lineage = base("1-2-0/ColumnLineageDatasetFacet");
    lineage["fields"] = json!({
        "total": {"inputFields": [{
            "namespace": "postgres://db:5432", "name": "shop.orders", "field": "amount",
            "transformations": [{"type": "DIRECT", "subtype": "AGGREGATION"}],
        }]},
        "city": {"inputFields": [{"namespace": "postgres://db:5432", "name": "shop.orders", "field": "city"}]},
    });
    lineage["dataset"] = json!([{
        "namespace": "postgres://db:5432", "name": "shop.orders", "field": "state",
        "transformations": [{"type": "INDIRECT", "subtype": "FILTER"}],
    }]);
    let mut odd = base("1-0-0/OddFacet");
    odd["anything"] = json!({"deep": [1, 2, null]});
    json!({
        "eventType": "COMPLETE",
        "eventTime": "2025-01-02T03:04:05.678+08:00",
        "run": {"runId": "0190d6a4-5d1c-7c3e-8a5b-0123456789ab", "facets": {"odd": odd}},
        "job": {"namespace": "airflow", "name": "daily.totals", "facets": {}},
        "inputs": [{"namespace": "postgres://db:5432", "name": "shop.orders"}],
        "outputs": [{"namespace": "brain", "name": "subject.total", "facets": {"columnLineage": lineage}}],
        "producer": PRODUCER,
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "someday": "kept",
    })
}

fn parsed(value: &Value) -> Result<Event, LineageError> {
    parse(value.to_string().as_bytes())
}

#[test]
fn an_event_comes_out_as_it_came_in_with_facets_nobody_knows() {
    let event = parsed(&complete()).unwrap();
    assert_eq!((event.kind(), event.event_type), (EventKind::Run, Some(RunState::Complete)));
    let mut expected = complete();
    // An empty object of facets says nothing.
    expected["job"].as_object_mut().unwrap().remove("facets");
    assert_eq!(serde_json::to_value(&event).unwrap(), expected);
}

#[test]
fn an_event_becomes_edges_and_its_own_datasets_keep_their_names() {
    let mut graph = Graph::default();
    let part = parsed(&complete()).unwrap().to_part(&["brain"]).unwrap();
    assert_eq!(part.key(), "openlineage:job:airflow#daily.totals");
    graph.replace(&part).unwrap();
    let total = graph.find(&NodeName::column("subject.total", "total")).unwrap();
    let up: Vec<String> = graph
        .walk(total, &Walk::new(Direction::Up, 1))
        .nodes
        .iter()
        .map(|reach| format!("{} {}", graph.name(reach.node).unwrap(), reach.kind.word()))
        .collect();
    assert_eq!(
        up,
        [
            "subject.total contains",
            "postgres://db:5432#shop.orders contains",
            "postgres://db:5432#shop.orders.amount aggregation",
            "postgres://db:5432#shop.orders.state filter",
            "airflow#daily.totals output",
        ]
    );
    let city = graph.find(&NodeName::column("subject.total", "city")).unwrap();
    let edges = graph.edges_of(city, Direction::Up);
    assert_eq!(edges.len(), 1);
    // A producer of an older version does not say how.
    assert_eq!(edges[0].1, EdgeKind::Transformation);
}

#[test]
fn what_breaks_the_schema_is_named_by_its_place() {
    let cases: [(&str, Value, &str); 17] = [
        ("/eventTime", json!("yesterday"), "/eventTime"),
        ("/eventTime", Value::Null, "/eventTime"),
        ("/producer", json!("no uri"), "/producer"),
        ("/schemaURL", json!(1), "/schemaURL"),
        ("/eventType", json!("DONE"), "/eventType"),
        ("/run", json!([]), "/run"),
        ("/run/runId", json!("17"), "/run/runId"),
        ("/job/namespace", json!(""), "/job/namespace"),
        ("/job/name", json!(3), "/job/name"),
        ("/inputs", json!({}), "/inputs"),
        ("/inputs/0", json!("x"), "/inputs/0"),
        ("/inputs/0/name", json!("n".repeat(600)), "/inputs/0/name"),
        ("/outputs/0/facets/columnLineage", json!(7), "/outputs/0/facets/columnLineage"),
        ("/outputs/0/facets/columnLineage/fields", json!([]), "/outputs/0/facets/columnLineage/fields"),
        (
            "/outputs/0/facets/columnLineage/fields/total/inputFields/0/transformations/0/type",
            json!("ODD"),
            "/outputs/0/facets/columnLineage/fields/total/inputFields/0/transformations/0/type",
        ),
        ("/run/facets/odd/_producer", json!("x y"), "/run/facets/odd/_producer"),
        ("/dataset", json!({"namespace": "n", "name": "d"}), "/"),
    ];
    for (place, value, pointer) in cases {
        let mut event = complete();
        match event.pointer_mut(place) {
            Some(found) => *found = value,
            None => {
                event[place.trim_start_matches('/')] = value;
            }
        }
        let Err(LineageError::Event { pointer: found, .. }) = parsed(&event) else {
            panic!("{place} was taken");
        };
        assert_eq!(found, pointer);
    }
    for missing in ["eventTime", "producer", "schemaURL", "job"] {
        let mut event = complete();
        event.as_object_mut().unwrap().remove(missing);
        assert!(parsed(&event).is_err(), "{missing}");
    }
    let mut event = complete();
    let again = event["inputs"][0].clone();
    event["inputs"].as_array_mut().unwrap().push(again);
    assert!(matches!(parsed(&event), Err(LineageError::Event { pointer, .. }) if pointer == "/inputs/1"));
}

#[test]
fn events_about_a_job_or_a_dataset_alone_are_known_by_what_they_carry() {
    let mut job = complete();
    job.as_object_mut().unwrap().remove("run");
    assert!(parsed(&job).is_err(), "only runs have a state");
    job.as_object_mut().unwrap().remove("eventType");
    assert_eq!(parsed(&job).unwrap().kind(), EventKind::Job);
    let mut schema = base("1-1-1/SchemaDatasetFacet");
    schema["fields"] = json!([{"name": "id", "type": "BIGINT"}, {"name": "name"}]);
    let dataset = json!({
        "eventTime": "2025-01-02T03:04:05Z",
        "dataset": {"namespace": "brain", "name": "raw.x", "facets": {"schema": schema}},
        "producer": PRODUCER,
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
    });
    let event = parsed(&dataset).unwrap();
    assert_eq!(event.kind(), EventKind::Dataset);
    let mut graph = Graph::default();
    graph.replace(&event.to_part(&["brain"]).unwrap()).unwrap();
    let node = graph.find(&NodeName::dataset("raw.x")).unwrap();
    assert_eq!(graph.columns(node).len(), 2);
}

#[test]
fn in_a_batch_each_event_is_judged_by_itself() {
    let mut bad = complete();
    bad["eventType"] = json!("DONE");
    let batch = json!([complete(), bad, complete()]);
    let all = parse_batch(batch.to_string().as_bytes()).unwrap();
    assert_eq!(all.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert!(parse_batch(b"{}").is_err());
    assert!(parse(b"[]").is_err());
}

#[test]
fn a_run_told_in_two_events_is_one() {
    let mut start = complete();
    start["eventType"] = json!("START");
    start["outputs"] = json!([]);
    let mut end = complete();
    end["inputs"] = json!([]);
    end["outputs"][0]["facets"]["columnLineage"]["_deleted"] = json!(true);
    let mut event = parsed(&start).unwrap();
    event.absorb(parsed(&complete()).unwrap());
    assert_eq!((event.inputs.len(), event.outputs.len()), (1, 1));
    assert_eq!(event.event_type, Some(RunState::Complete));
    assert!(event.outputs[0].facets.contains_key("columnLineage"));
    event.absorb(parsed(&end).unwrap());
    assert!(!event.outputs[0].facets.contains_key("columnLineage"), "a facet that is taken back goes");
}

#[test]
fn what_is_written_is_read_back_and_follows_the_schema() {
    let sql = "INSERT INTO subject.total (city, total) SELECT city, sum(amount) FROM raw.orders WHERE state = 1 GROUP BY city";
    let script = analyse(sql, Dialect::Generic, &Catalogue::new()).unwrap();
    let split = |name: &str| ("brain".to_owned(), name.to_owned());
    let lineage = columns_of_statement(&script.statements[0], &split);
    let mut output = Dataset::new("brain", "subject.total");
    let field =
        |name: &str| Field { name: name.to_owned(), data_type: Some("Utf8".to_owned()), description: None };
    let schema = SchemaFacet { fields: vec![field("city"), field("total")] };
    for (name, value) in [
        ("schema", with_base(&schema, "schema", PRODUCER).unwrap()),
        ("columnLineage", with_base(&lineage, "columnLineage", PRODUCER).unwrap()),
    ] {
        output.facets.insert(name.to_owned(), value);
    }
    let mut job = Job::new("brain", "model:subject.total");
    let text = SqlFacet { query: sql.to_owned(), dialect: Some("generic".to_owned()) };
    job.facets.insert("sql".to_owned(), with_base(&text, "sql", PRODUCER).unwrap());
    let run = "0190d6a4-5d1c-7c3e-8a5b-0123456789ab".to_owned();
    let mut event = Event::run(RunState::Complete, "2025-01-02T03:04:05Z".to_owned(), PRODUCER, run, job);
    event.inputs.push(Dataset::new("brain", "raw.orders"));
    event.outputs.push(output);
    let written = serde_json::to_value(&event).unwrap();
    assert_eq!(written["schemaURL"], "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
    let back = parsed(&written).unwrap();
    assert_eq!(back, event);
    let found: brain_lineage::openlineage::ColumnLineageFacet =
        facet(&back.outputs[0].facets, "columnLineage").unwrap();
    assert_eq!(found, lineage);
    let how = &found.fields["total"].input_fields[0];
    assert_eq!((how.name.as_str(), how.field.as_str()), ("raw.orders", "amount"));
    assert_eq!(how.transformations[0].subtype.as_deref(), Some("AGGREGATION"));
    let decides: Vec<&str> = found.dataset.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(decides, ["city", "state"]);
}
