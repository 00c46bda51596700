//! Standardisation as SQL functions: text columns in, standard values out, a batch at a time.
//!
//! A value that is missing or not understood becomes null; these functions never fail on data.

use super::context::Standards;
use brain_kernel::{capital, company_name, date, pinyin, uscc};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Float64Builder, StringViewArray,
    StringViewBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Work of one function on one batch: the argument columns and their length.
type Work = Arc<dyn Fn(&[StringViewArray], usize) -> Result<ArrayRef> + Send + Sync>;

/// A function of text columns.
struct TextFunction {
    name: &'static str,
    result: DataType,
    signature: Signature,
    work: Work,
}

impl std::fmt::Debug for TextFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for TextFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TextFunction {}

impl Hash for TextFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for TextFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if all_scalar { 1 } else { args.number_rows };
        let columns = args
            .args
            .iter()
            .map(|arg| {
                let array = arg.to_array(rows)?;
                let array = cast(&array, &DataType::Utf8View)?;
                Ok(array.as_string_view().clone())
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(ColumnarValue::Array((self.work)(&columns, rows)?))
    }
}

/// A function whose result is an array of `result`.
pub(super) fn text_function(
    name: &'static str,
    arguments: usize,
    result: DataType,
    work: impl Fn(&[StringViewArray], usize) -> Result<ArrayRef> + Send + Sync + 'static,
) -> Arc<ScalarUDF> {
    let signature = Signature::string(arguments, Volatility::Immutable);
    Arc::new(ScalarUDF::new_from_impl(TextFunction { name, result, signature, work: Arc::new(work) }))
}

/// The text at `row` of argument `at`; `None` where missing.
pub(super) fn text(columns: &[StringViewArray], at: usize, row: usize) -> Option<&str> {
    columns.get(at).filter(|column| column.is_valid(row)).map(|column| column.value(row))
}

fn map_text(
    name: &'static str,
    turn: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> Arc<ScalarUDF> {
    text_function(name, 1, DataType::Utf8View, move |columns, rows| {
        let mut out = StringViewBuilder::with_capacity(rows);
        for row in 0..rows {
            out.append_option(text(columns, 0, row).and_then(&turn));
        }
        Ok(Arc::new(out.finish()))
    })
}

/// Every function of the module documentation in [`super`] that needs no dictionary.
pub(super) fn portable() -> Vec<Arc<ScalarUDF>> {
    vec![
        uscc_valid(),
        map_text("uscc_clean", |code| uscc::Uscc::parse(code).ok().map(String::from)),
        capital_cny(),
        map_text("capital_currency", |words| {
            capital::parse(words).ok().flatten().map(|found| found.currency.code().to_owned())
        }),
        date_parse(),
        map_text("company_name_key", |name| Some(company_name::key(name)).filter(|key| !key.is_empty())),
        map_text("company_short_name", |name| {
            Some(company_name::normalise(name).core).filter(|core| !core.is_empty())
        }),
        map_text("pinyin_initials", |words| {
            Some(pinyin::initials(words)).filter(|letters| !letters.is_empty())
        }),
    ]
}

fn uscc_valid() -> Arc<ScalarUDF> {
    text_function("uscc_valid", 1, DataType::Boolean, |columns, rows| {
        let mut out = BooleanBuilder::with_capacity(rows);
        for row in 0..rows {
            out.append_option(text(columns, 0, row).map(|code| uscc::check(code).is_ok()));
        }
        Ok(Arc::new(out.finish()))
    })
}

fn capital_cny() -> Arc<ScalarUDF> {
    text_function("capital_cny", 1, DataType::Float64, |columns, rows| {
        let mut out = Float64Builder::with_capacity(rows);
        for row in 0..rows {
            let parsed = text(columns, 0, row).and_then(|words| capital::parse(words).ok().flatten());
            out.append_option(parsed.map(|found| found.cny()));
        }
        Ok(Arc::new(out.finish()))
    })
}

fn date_parse() -> Arc<ScalarUDF> {
    text_function("date_parse", 1, DataType::Date32, |columns, rows| {
        let mut out = Date32Builder::with_capacity(rows);
        for row in 0..rows {
            let parsed = text(columns, 0, row).and_then(|words| date::parse(words).ok().flatten());
            let day = parsed.map(|day| (day - chrono::NaiveDate::default()).num_days());
            out.append_option(day.and_then(|day| i32::try_from(day).ok()));
        }
        Ok(Arc::new(out.finish()))
    })
}

pub(super) fn region_code(standards: Arc<Standards>) -> Arc<ScalarUDF> {
    text_function("region_code", 3, DataType::Utf8View, move |columns, rows| {
        let regions = standards.regions();
        let mut out = StringViewBuilder::with_capacity(rows);
        for row in 0..rows {
            let at = |argument| text(columns, argument, row).unwrap_or_default();
            out.append_option(regions.find(at(0), at(1), at(2)));
        }
        Ok(Arc::new(out.finish()))
    })
}
