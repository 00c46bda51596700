//! What went wrong on an executor, in the words the node itself would have used.
//!
//! Ballista hands errors on as text, wrapped in words of its own, with names of machines and files in it. So an executor
//! says what the caller may know between two marks, and the node reads nothing else to the caller.

use ballista_core::error::BallistaError;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::hexadecimal;
use brain_warehouse::distributed::with_cause;
use datafusion::common::DataFusionError;
use serde::{Deserialize, Serialize};
use std::fmt;
use tonic::{Code, Status};

const BEGIN: &str = "[brain:";
const END: char = ']';

/// Failures of the warehouse that an executor may meet; by code and kind.
const CODES: [(&str, ErrorKind); 6] = [
    ("warehouse/sql", ErrorKind::InvalidArgument),
    ("warehouse/damaged", ErrorKind::Unavailable),
    ("warehouse/disk-full", ErrorKind::Exhausted),
    ("warehouse/lake-unreachable", ErrorKind::Unavailable),
    ("warehouse/lake-not-let-in", ErrorKind::Unavailable),
    (MEMORY, ErrorKind::Exhausted),
];
const MEMORY: &str = "warehouse/query-memory";

#[derive(Serialize, Deserialize)]
struct Words {
    code: String,
    detail: [String; 2],
    hint: Option<[String; 2]>,
}

/// Words for the caller between their marks.
///
/// A type of its own, so that whoever meets it again on the way up leaves it alone; and whichever way Ballista makes text
/// of it, the marks are in it.
struct Told(String);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BEGIN}{}{END}", self.0)
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Told {}

/// An error of a task as it is told to the scheduler.
///
/// What Ballista mends by itself, by running a stage again, stays as it is, and so does what has been told further below.
pub(crate) fn told(error: DataFusionError) -> DataFusionError {
    if is_settled(&error) {
        return error;
    }
    let shown = error.to_string();
    let failure = Failure::from(brain_warehouse::Error::from(with_cause(error)));
    // The node's limit is not the one that was reached.
    let failure = if failure.code == MEMORY { memory() } else { failure };
    if failure.kind != ErrorKind::InvalidArgument {
        tracing::warn!(error = shown, "a task failed");
    }
    let words = Words {
        code: failure.code.to_owned(),
        detail: [failure.detail.zh, failure.detail.en],
        hint: failure.hint.map(|hint| [hint.zh, hint.en]),
    };
    let words = serde_json::to_vec(&words).unwrap_or_default();
    DataFusionError::External(Box::new(Told(hexadecimal::encode(&words))))
}

/// Whether the error is one of talking to another member, or has its words already.
fn is_settled(error: &DataFusionError) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error.is::<BallistaError>() || error.is::<Status>() || error.is::<Told>() {
            return true;
        }
        next = error.source();
    }
    matches!(error.find_root(), DataFusionError::External(inner) if inner.is::<BallistaError>())
}

/// The failure behind the text of a job that failed.
pub(crate) fn of_job(text: &str) -> Failure {
    read(text).unwrap_or_else(|| {
        tracing::warn!(text, "a query failed on the cluster");
        failed()
    })
}

fn read(text: &str) -> Option<Failure> {
    let (_, after) = text.split_once(BEGIN)?;
    let (words, _) = after.split_once(END)?;
    let words: Words = serde_json::from_slice(&hexadecimal::decode(words)?).ok()?;
    let (code, kind) = CODES.into_iter().find(|(code, _)| *code == words.code)?;
    let [zh, en] = words.detail;
    let failure = Failure::new(kind, code, zh, en);
    Some(match words.hint {
        Some([zh, en]) => failure.with_hint(zh, en),
        None => failure,
    })
}

fn memory() -> Failure {
    Failure::new(
        ErrorKind::Exhausted,
        MEMORY,
        "查询需要的内存超过集群中一个任务的份额。",
        "The query needs more memory than a task of the cluster has.",
    )
    .with_hint(
        "请加过滤条件、减少列，或先汇总再连接；管理员可调大 cluster.memory_mib。",
        "Add filters, take fewer columns, or aggregate before joining; the administrator may raise cluster.memory_mib.",
    )
}

fn failed() -> Failure {
    Failure::new(
        ErrorKind::Unavailable,
        "cluster/failed",
        "集群未能完成查询。",
        "The cluster did not finish the query.",
    )
    .with_hint(
        "请重试；若反复出现，请管理员查看调度器与执行器的日志。",
        "Try again; if it keeps happening, ask the administrator for the logs of scheduler and executors.",
    )
}

/// The scheduler forgot the job, or results went away with the executor that held them.
pub(crate) fn lost() -> Failure {
    Failure::new(
        ErrorKind::Unavailable,
        "cluster/lost",
        "查询期间集群的调度器或执行器停止，结果已丢失。",
        "The scheduler or an executor stopped while the query ran, and its result is lost.",
    )
    .with_hint("请重试。", "Try again.")
}

/// What the scheduler answered to a request.
pub(crate) fn of_status(status: &Status) -> Failure {
    tracing::warn!(%status, "the scheduler refused a request");
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded => unavailable(),
        Code::FailedPrecondition => version(),
        // Not the scheduler's word, but that of the connection.
        _ if std::error::Error::source(status).is_some() => unavailable(),
        _ => failed(),
    }
}

pub(crate) fn unavailable() -> Failure {
    Failure::new(
        ErrorKind::Unavailable,
        "cluster/unavailable",
        "查询集群无法访问，或没有执行器。",
        "The cluster for queries cannot be reached, or has no executor.",
    )
    .with_hint(
        "请管理员核对 cluster.scheduler，并查看 brain scheduler 与 brain executor 是否在运行；也可设 warehouse.engine = \"embedded\" 后重启。",
        "Ask the administrator to check cluster.scheduler and whether `brain scheduler` and `brain executor` run; warehouse.engine = \"embedded\" and a restart do without them.",
    )
}

pub(crate) fn version() -> Failure {
    Failure::new(
        ErrorKind::Unavailable,
        "cluster/version",
        "节点与集群的程序版本不一致。",
        "The node and the cluster run different versions of the program.",
    )
    .with_hint(
        "请管理员在节点、调度器和执行器上使用同一版本。",
        "Ask the administrator for the same version on node, scheduler and executors.",
    )
}

/// A failure as an error of the engine, which the warehouse takes out again.
pub(crate) fn wrapped(failure: Failure) -> DataFusionError {
    DataFusionError::External(Box::new(brain_warehouse::Error::from(failure)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::error::ArrowError;
    use std::io;
    use std::sync::Arc;

    #[test]
    fn what_the_caller_did_survives_the_words_around_it() {
        let task = told(DataFusionError::ArrowError(Box::new(ArrowError::DivideByZero), None));
        let job = format!("Job [x] failed: Task failed due to: {task:?} on 10.0.0.5");
        let failure = of_job(&job);
        assert_eq!((failure.code, failure.kind), ("warehouse/sql", ErrorKind::InvalidArgument));
        assert!(failure.detail.en.contains("Divide by zero"), "{failure:?}");
    }

    #[test]
    fn words_are_found_once_however_often_an_error_is_passed_on() {
        let memory = told(DataFusionError::ResourcesExhausted("too much".into()));
        // Both sides of a join share the error of the side that is collected; the operators above see it again.
        let shared = told(DataFusionError::Shared(Arc::new(told(memory))).context("collecting a side"));
        for text in [shared.to_string(), format!("{:?}", BallistaError::from(shared))] {
            let failure = of_job(&text);
            assert_eq!((failure.code, failure.kind), (MEMORY, ErrorKind::Exhausted));
            assert!(!failure.detail.en.contains("MiB") && !failure.detail.en.contains(BEGIN), "{failure:?}");
        }
    }

    #[test]
    fn nothing_else_of_a_failed_job_reaches_the_caller() {
        for text in ["Job failed: /data/lake/raw/secret.parquet", "[brain:zz]", "[brain:7b7d]", ""] {
            let failure = of_job(text);
            assert_eq!(failure.code, "cluster/failed");
            assert!(!format!("{failure:?}").contains("secret"));
        }
    }

    #[test]
    fn what_the_cluster_mends_by_itself_is_left_to_it() {
        let fetch = BallistaError::FetchFailed("e".into(), 1, 2, "gone".into()).into_datafusion();
        assert!(matches!(told(fetch), DataFusionError::External(_)));
        let gone = DataFusionError::ArrowError(
            Box::new(ArrowError::from_external_error(Box::new(Status::unavailable("gone")))),
            None,
        );
        assert!(!told(gone).to_string().contains(BEGIN));
        let own = told(DataFusionError::IoError(io::Error::other("disk")));
        assert!(own.to_string().contains(BEGIN));
    }
}
