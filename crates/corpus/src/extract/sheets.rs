//! Workbooks: sheets in order, a row a line, cells apart by a tab.

use super::parts::Parts;
use super::{Extracted, Limits, Refused};
use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx};
use std::io::Cursor;

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Extracted, Refused> {
    // The reader holds whole parts in memory and believes what the archive says; so it is weighed first.
    Parts::open(bytes, limits)?.weigh()?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(Refused::broken)?;
    let names = book.sheet_names().clone();
    if names.len() > limits.pages_max {
        return Err(Refused::Parts { limit: limits.pages_max });
    }
    let mut text = String::new();
    for name in names {
        // A sheet that is a chart has no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&name);
        let mut row = None;
        while let Some(cell) = cells.next_cell().map_err(Refused::broken)? {
            let shown = shown(cell.get_value());
            if shown.is_empty() {
                continue;
            }
            let (at, _) = cell.get_position();
            text.push(if row.replace(at) == Some(at) { '\t' } else { '\n' });
            text.push_str(&shown);
            if text.len() > limits.text_characters_max.saturating_mul(4) {
                return Err(Refused::Long { limit: limits.text_characters_max });
            }
        }
    }
    Ok(Extracted::of(text))
}

fn shown(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::DateTime(instant) => day(instant),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        #[allow(unreachable_patterns, reason = "the type grows with formats of the library")]
        _ => String::new(),
    }
}

fn day(instant: &ExcelDateTime) -> String {
    if !instant.is_datetime() {
        return instant.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::office::tests::packed;
    use super::*;

    #[test]
    fn rows_are_lines_and_cells_are_apart() {
        let sheet = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
            <row r="1"><c r="A1" t="inlineStr"><is><t>企业</t></is></c><c r="B1" t="inlineStr"><is><t>产值</t></is></c></row>
            <row r="9"><c r="A9" t="inlineStr"><is><t>甲</t></is></c><c r="XFD9"><v>1.5</v></c></row></sheetData></worksheet>"#;
        let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="规上企业" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
        let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
        let root = relations.replace("relationships/worksheet", "relationships/officeDocument");
        let root = root.replace("worksheets/sheet1.xml", "xl/workbook.xml");
        let bytes = packed(&[
            ("_rels/.rels", root.as_bytes()),
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ]);
        assert_eq!(read(&bytes, &Limits::default()).unwrap().text, "规上企业\n企业\t产值\n甲\t1.5");
    }
}
