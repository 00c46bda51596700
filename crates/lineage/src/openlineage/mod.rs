//! OpenLineage events (开放血缘事件), specification 2-0-2: read, checked, turned into edges, and written.
//!
//! An event is kept as it came, unknown facets and fields included; the typed view reads what it knows and the
//! checker says where an event breaks the published schema, by JSON pointer.

mod check;
mod event;
mod facets;
mod part;

pub use check::{EVENT_BYTES_MAX, EVENTS_MAX, parse, parse_batch};
pub use event::{Dataset, Event, EventKind, Job, Run, RunState};
pub use facets::{
    ColumnLineageFacet, DataSourceFacet, Field, InputField, JobTypeFacet, OutputStatisticsFacet, SchemaFacet,
    SqlFacet, Transformation, columns_of_statement, facet, with_base,
};
pub use part::dataset_name;

/// Schema of the events written.
pub const SPEC: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json";
