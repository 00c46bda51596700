//! WHERE clauses made of the conditions a caller gave, values always bound and never pasted.

use datafusion::common::ScalarValue;

/// Conditions joined by AND, with the values they bind.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    conditions: Vec<String>,
    values: Vec<ScalarValue>,
}

impl Filter {
    /// Add a condition in which `?` stands for the value; nothing when there is no value.
    pub(crate) fn with(mut self, condition: &str, value: Option<impl Into<String>>) -> Self {
        if let Some(value) = value {
            let place = self.bind(value);
            self.conditions.push(condition.replace('?', &place));
        }
        self
    }

    /// Bind one more value and return its placeholder.
    pub(crate) fn bind(&mut self, value: impl Into<String>) -> String {
        self.values.push(ScalarValue::Utf8(Some(value.into())));
        format!("${}", self.values.len())
    }

    /// `WHERE …`, or nothing.
    pub(crate) fn clause(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", self.conditions.join(" AND "))
        }
    }

    /// The bound values in order of their placeholders.
    pub(crate) fn values(&self) -> Vec<ScalarValue> {
        self.values.clone()
    }
}

/// `$1, $2, …` for a list of texts, and the values to bind.
pub(crate) fn list(items: &[String]) -> (String, Vec<ScalarValue>) {
    let places: Vec<String> = (1..=items.len()).map(|n| format!("${n}")).collect();
    (places.join(", "), items.iter().map(|item| ScalarValue::Utf8(Some(item.clone()))).collect())
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn absent_values_leave_no_trace_and_present_ones_are_bound() {
        let filter = Filter::default()
            .with("a = ?", None::<&str>)
            .with("starts_with(b, ?)", Some("33"))
            .with("c = ? OR d = ?", Some("x"));
        assert_eq!(filter.clause(), "WHERE starts_with(b, $1) AND c = $2 OR d = $2");
        assert_eq!(filter.values().len(), 2);
        assert_eq!(Filter::default().clause(), "");
    }
}
