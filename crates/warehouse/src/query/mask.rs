//! Column masks (脱敏) as expressions: what a hidden column shows instead of its value.
//!
//! A mask never fails on data, because an error would tell about a row; what it cannot make sense of it hides.

use brain_kernel::predicate::{DatePart, Mask, RegionPart};
use brain_trust::policy::Salt;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions::expr_fn::{
    abs, concat, date_trunc, floor, left, log10, power, regexp_like, rpad, trunc,
};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast, lit,
    try_cast, when,
};
use std::sync::Arc;

/// Texts that are dates: `2026-03` or `2026-03-05…`.
const DATE_TEXT: &str = r"^[0-9]{4}-[0-9]{2}(-[0-9]{2}.*)?$";
/// Texts that are region codes of two, four or six digits (GB/T 2260).
const REGION_TEXT: &str = r"^[1-8][0-9]([0-9]{2}){0,2}$";

/// The value a masked column shows. A mask that does not fit the column's type hides the value altogether.
pub(super) fn masked(value: Expr, kind: &DataType, mask: &Mask, salt: &Salt) -> Result<Expr> {
    let hidden = || ScalarValue::try_from(kind).map(|null| Expr::Literal(null, None));
    match mask {
        Mask::Redact => hidden(),
        Mask::KeepPrefix { characters } if is_text(kind) => {
            let kept = concat(vec![left(value.clone(), lit(i64::from(*characters))), lit("*")]);
            Ok(cast(when(value.is_not_null(), kept).end()?, kind.clone()))
        }
        Mask::Hash if is_text(kind) => Ok(cast(pseudonym(salt).call(vec![value]), kind.clone())),
        Mask::SignificantDigits { digits } if kind.is_numeric() => {
            significant(&value, kind, i64::from((*digits).max(1)))
        }
        Mask::Band { width } if kind.is_numeric() && *width > 0 => {
            let width = lit(*width as f64);
            let low = floor(cast(value, DataType::Float64) / width.clone()) * width;
            Ok(try_cast(low, kind.clone()))
        }
        Mask::TopCode { most } if kind.is_numeric() => {
            let top = try_cast(lit(*most as f64), kind.clone());
            when(cast(value.clone(), DataType::Float64).gt(lit(*most as f64)), top).otherwise(value)
        }
        Mask::DateTo(part) => match kind {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
                let instant = cast(value, DataType::Timestamp(TimeUnit::Microsecond, None));
                Ok(try_cast(date_trunc(lit(part_name(*part)), instant), kind.clone()))
            }
            _ if is_text(kind) => {
                let characters = if *part == DatePart::Month { 7_i64 } else { 4 };
                let is_date = regexp_like(value.clone(), lit(DATE_TEXT), None);
                Ok(cast(when(is_date, left(value, lit(characters))).end()?, kind.clone()))
            }
            _ => hidden(),
        },
        Mask::RegionTo(part) => {
            let digits = if *part == RegionPart::City { 4_i64 } else { 2 };
            if is_text(kind) {
                let is_region = regexp_like(value.clone(), lit(REGION_TEXT), None);
                let around = rpad(vec![left(value, lit(digits)), lit(6_i64), lit("0")]);
                Ok(cast(when(is_region, around).end()?, kind.clone()))
            } else if kind.is_integer() {
                let size = lit(if digits == 4 { 100.0_f64 } else { 10_000.0 });
                Ok(try_cast(floor(cast(value, DataType::Float64) / size.clone()) * size, kind.clone()))
            } else {
                hidden()
            }
        }
        Mask::KeepPrefix { .. }
        | Mask::Hash
        | Mask::SignificantDigits { .. }
        | Mask::Band { .. }
        | Mask::TopCode { .. } => hidden(),
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8)
}

const fn part_name(part: DatePart) -> &'static str {
    match part {
        DatePart::Month => "month",
        DatePart::Year => "year",
    }
}

/// `trunc(x / s) · s` with `s = 10^(⌊log₁₀|x|⌋ − digits + 1)`; zero stays zero.
fn significant(value: &Expr, kind: &DataType, digits: i64) -> Result<Expr> {
    let x = cast(value.clone(), DataType::Float64);
    let exponent = floor(log10(abs(x.clone()))) - lit((digits - 1) as f64);
    let step = power(lit(10.0_f64), exponent);
    let cut = trunc(vec![x.clone() / step.clone()]) * step;
    let shown = when(x.clone().eq(lit(0.0_f64)), x).otherwise(cut)?;
    Ok(try_cast(shown, kind.clone()))
}

fn pseudonym(salt: &Salt) -> ScalarUDF {
    let signature = Signature::string(1, Volatility::Immutable);
    ScalarUDF::new_from_impl(Pseudonym { salt: salt.clone(), signature })
}

/// A function no caller can name: it is in no registry, only in the plan of a grant. Its salt is never printed.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Pseudonym {
    salt: Salt,
    signature: Signature,
}

impl ScalarUDFImpl for Pseudonym {
    fn name(&self) -> &'static str {
        "pseudonym"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(value) = args.args.first() else {
            return datafusion::common::internal_err!("a pseudonym has one argument");
        };
        let array = cast_array(&value.to_array(args.number_rows)?, &DataType::Utf8View)?;
        let texts = array.as_string_view();
        let mut shown = StringViewBuilder::with_capacity(texts.len());
        for text in texts {
            shown.append_option(text.map(|text| self.salt.pseudonym(text)));
        }
        Ok(ColumnarValue::Array(Arc::new(shown.finish()) as ArrayRef))
    }
}
