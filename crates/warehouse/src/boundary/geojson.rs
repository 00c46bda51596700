//! GeoJSON (RFC 7946) of administrative regions, checked and brought into one form: a MultiPolygon per region code.

use super::{BoundaryError, FILE_BYTES_MAX};
use brain_kernel::region::RegionCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// Most regions: every county of the country, and room.
const FEATURES_MAX: usize = 5_000;
/// Most corners altogether.
const POSITIONS_MAX: usize = 600_000;
/// Fewest positions of a closed ring (RFC 7946, section 3.1.6).
const RING_POSITIONS_MIN: usize = 4;
/// Longest name kept, characters.
const NAME_CHARACTERS_MAX: usize = 60;
/// Degrees every region of a Chinese code lies in, the islands of the South China Sea included. Coordinates in metres,
/// and longitude and latitude exchanged, fall outside.
const LONGITUDE: std::ops::RangeInclusive<f64> = 70.0..=140.0;
const LATITUDE: std::ops::RangeInclusive<f64> = 0.0..=60.0;
/// Properties that may hold the code, in this order; `gb` is 156 and the code, as in national services.
const CODE_PROPERTIES: [&str; 4] = ["adcode", "region_code", "code", "gb"];
/// Country code (GB/T 2659) in front of a code under `gb`.
const COUNTRY: &str = "156";

/// Longitude and latitude, degrees.
pub(crate) type Position = [f64; 2];
/// An outer ring and its holes.
type Polygon = Vec<Vec<Position>>;

/// A collection of regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Collection {
    /// Always `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: CollectionKind,
    /// The regions, by code.
    pub features: Vec<Feature>,
}

/// One region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Feature {
    /// Always `Feature`.
    #[serde(rename = "type")]
    pub kind: FeatureKind,
    /// Code and name.
    pub properties: Properties,
    /// Its shape.
    pub geometry: Geometry,
}

/// What is known of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Properties {
    /// Region code (GB/T 2260).
    pub code: RegionCode,
    /// Name in the file.
    pub name: String,
}

/// The shape of a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Geometry {
    /// Always `MultiPolygon`.
    #[serde(rename = "type")]
    pub kind: GeometryKind,
    /// Polygons, each an outer ring and its holes, WGS 84 longitude and latitude.
    pub coordinates: Vec<Polygon>,
}

/// `FeatureCollection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CollectionKind {
    /// The only kind.
    FeatureCollection,
}

/// `Feature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FeatureKind {
    /// The only kind.
    Feature,
}

/// `MultiPolygon`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum GeometryKind {
    /// The only kind.
    MultiPolygon,
}

impl Collection {
    /// Corners of all rings.
    #[must_use]
    pub fn positions(&self) -> usize {
        let polygons = self.features.iter().flat_map(|feature| &feature.geometry.coordinates);
        polygons.flatten().map(Vec::len).sum()
    }
}

#[derive(Deserialize)]
struct RawCollection {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    crs: Value,
    features: Vec<RawFeature>,
}

#[derive(Deserialize)]
struct RawFeature {
    #[serde(default)]
    properties: Value,
    geometry: RawGeometry,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum RawGeometry {
    Polygon { coordinates: Vec<Vec<Vec<f64>>> },
    MultiPolygon { coordinates: Vec<Vec<Vec<Vec<f64>>>> },
}

/// Read and check a file.
///
/// # Errors
/// The first thing that is wrong, with the place it stands at.
pub fn parse(file: &[u8]) -> Result<Collection, BoundaryError> {
    if file.len() as u64 > FILE_BYTES_MAX {
        return Err(BoundaryError::TooLarge { what: "字节 bytes", limit: FILE_BYTES_MAX });
    }
    // A byte order mark is what editors leave; JSON knows none.
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let raw: RawCollection = serde_json::from_slice(file).map_err(|error| {
        malformed("/", format!("无法识别（{error}）"), format!("not understood ({error})"))
    })?;
    if raw.kind != "FeatureCollection" {
        return Err(malformed("/type", "应为 FeatureCollection", "should be FeatureCollection"));
    }
    reference_system(&raw.crs)?;
    if raw.features.is_empty() {
        return Err(malformed("/features", "没有区划", "holds no region"));
    }
    if raw.features.len() > FEATURES_MAX {
        return Err(BoundaryError::TooLarge { what: "区划 regions", limit: FEATURES_MAX as u64 });
    }
    let mut known = BTreeSet::new();
    let mut positions = 0;
    let mut features = Vec::with_capacity(raw.features.len());
    for (at, feature) in raw.features.into_iter().enumerate() {
        let place = format!("/features/{at}");
        let properties = properties(&feature.properties, &place)?;
        if !known.insert(properties.code) {
            let code = properties.code;
            let (zh, en) =
                (format!("区划代码 {} 重复", code.as_str()), format!("region {} comes twice", code.as_str()));
            return Err(malformed(format!("{place}/properties"), zh, en));
        }
        let coordinates = polygons(feature.geometry, &place, &mut positions)?;
        let geometry = Geometry { kind: GeometryKind::MultiPolygon, coordinates };
        features.push(Feature { kind: FeatureKind::Feature, properties, geometry });
    }
    features.sort_by_key(|feature| feature.properties.code);
    Ok(Collection { kind: CollectionKind::FeatureCollection, features })
}

/// RFC 7946 knows WGS 84 only; the member of the 2008 draft is taken when it says the same.
fn reference_system(crs: &Value) -> Result<(), BoundaryError> {
    let name = crs.pointer("/properties/name").and_then(Value::as_str);
    let fits = match name {
        None => crs.is_null(),
        Some(name) => name.ends_with("CRS84") || name.ends_with("EPSG::4326") || name == "EPSG:4326",
    };
    if fits {
        return Ok(());
    }
    Err(malformed(
        "/crs",
        "坐标系应为 WGS84（EPSG:4326）",
        "the reference system should be WGS 84 (EPSG:4326)",
    ))
}

fn properties(given: &Value, place: &str) -> Result<Properties, BoundaryError> {
    let text = |name: &str| match given.get(name) {
        Some(Value::String(text)) => Some(text.trim().to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let code = CODE_PROPERTIES.iter().find_map(|name| {
        let text = text(name)?;
        let digits = if *name == "gb" { text.strip_prefix(COUNTRY)? } else { &text };
        if digits.len() == 6 { RegionCode::parse(digits).ok() } else { None }
    });
    let Some(code) = code else {
        let zh = format!("没有六位区划代码（属性 {}）", CODE_PROPERTIES.join("、"));
        let en = format!("no region code of six digits (property {})", CODE_PROPERTIES.join(", "));
        return Err(malformed(format!("{place}/properties"), zh, en));
    };
    let name: String = text("name").unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    Ok(Properties { code, name: name.chars().take(NAME_CHARACTERS_MAX).collect() })
}

fn polygons(
    geometry: RawGeometry,
    place: &str,
    positions: &mut usize,
) -> Result<Vec<Polygon>, BoundaryError> {
    let (raw, single) = match geometry {
        RawGeometry::Polygon { coordinates } => (vec![coordinates], true),
        RawGeometry::MultiPolygon { coordinates } => (coordinates, false),
    };
    let place = format!("{place}/geometry/coordinates");
    if raw.is_empty() || raw.iter().any(Vec::is_empty) {
        return Err(malformed(place, "没有边界环", "holds no ring"));
    }
    let mut polygons = Vec::with_capacity(raw.len());
    for (at, rings) in raw.into_iter().enumerate() {
        let place = if single { place.clone() } else { format!("{place}/{at}") };
        let mut polygon = Vec::with_capacity(rings.len());
        for (at, given) in rings.into_iter().enumerate() {
            *positions += given.len();
            if *positions > POSITIONS_MAX {
                return Err(BoundaryError::TooLarge {
                    what: "坐标点 positions",
                    limit: POSITIONS_MAX as u64,
                });
            }
            polygon.push(ring(&given, &format!("{place}/{at}"))?);
        }
        polygons.push(polygon);
    }
    Ok(polygons)
}

/// A closed ring that encloses something, every corner in China.
fn ring(given: &[Vec<f64>], place: &str) -> Result<Vec<Position>, BoundaryError> {
    let mut ring = Vec::with_capacity(given.len());
    for (at, numbers) in given.iter().enumerate() {
        // A third number is a height (RFC 7946, section 3.1.1); a map has none.
        let position = match numbers.as_slice() {
            [longitude, latitude] | [longitude, latitude, _] => [*longitude, *latitude],
            _ => {
                return Err(malformed(
                    format!("{place}/{at}"),
                    "坐标应为经度与纬度",
                    "should be longitude and latitude",
                ));
            }
        };
        let [longitude, latitude] = position;
        if !(LONGITUDE.contains(&longitude) && LATITUDE.contains(&latitude)) {
            let zh = format!("坐标 {longitude},{latitude} 不是中国境内的 WGS84 经纬度");
            let en = format!("{longitude},{latitude} is no WGS 84 longitude and latitude in China");
            return Err(malformed(format!("{place}/{at}"), zh, en));
        }
        ring.push(position);
    }
    if ring.len() < RING_POSITIONS_MIN || ring.first() != ring.last() {
        return Err(malformed(
            place,
            "边界环未闭合或少于四点",
            "the ring is not closed or has fewer than four positions",
        ));
    }
    if doubled_area(&ring).abs() < f64::EPSILON {
        return Err(malformed(place, "边界环没有面积", "the ring encloses nothing"));
    }
    Ok(ring)
}

/// Twice the signed area in square degrees (shoelace formula), about the first corner so that small regions keep their
/// digits.
fn doubled_area(ring: &[Position]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else { return 0.0 };
    let edges = ring.iter().zip(ring.iter().skip(1));
    edges.map(|([x1, y1], [x2, y2])| (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)).sum()
}

fn malformed(pointer: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> BoundaryError {
    BoundaryError::Malformed { pointer: pointer.into(), zh: zh.into(), en: en.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn square(x: f64, y: f64) -> Value {
        json!([[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0], [x, y]])
    }

    fn region(properties: Value, geometry: Value) -> Value {
        json!({ "type": "Feature", "properties": properties, "geometry": geometry })
    }

    fn file(features: Value) -> Vec<u8> {
        json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
    }

    fn pointer(file: &[u8]) -> String {
        match parse(file).unwrap_err() {
            BoundaryError::Malformed { pointer, .. } => pointer,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn regions_come_out_in_one_form_whatever_they_came_in() {
        let polygon = json!({ "type": "Polygon", "coordinates": [square(120.0, 30.0)] });
        let several =
            json!({ "type": "MultiPolygon", "coordinates": [[square(110.0, 20.0)], [square(112.0, 20.0)]] });
        let heights = json!({ "type": "Polygon", "coordinates": [[[100, 40, 5], [101, 40, 5], [101, 41, 5], [100, 40, 5]]] });
        let text = file(json!([
            region(json!({ "adcode": 330_000, "name": "甲" }), polygon),
            region(json!({ "gb": "156120000", "name": "乙" }), several),
            region(json!({ "code": "650100" }), heights),
        ]));
        let marked = [b"\xef\xbb\xbf".as_slice(), &text].concat();
        let collection = parse(&marked).unwrap();
        let codes: Vec<&str> = collection.features.iter().map(|f| f.properties.code.as_str()).collect();
        assert_eq!(codes, ["120000", "330000", "650100"]);
        let shapes: Vec<usize> = collection.features.iter().map(|f| f.geometry.coordinates.len()).collect();
        assert_eq!((shapes, collection.positions()), (vec![2, 1, 1], 19));
        let again = parse(&serde_json::to_vec(&collection).unwrap()).unwrap();
        assert_eq!(again, collection, "what the node gives out, it takes in");
    }

    #[test]
    fn a_wrong_place_is_pointed_at() {
        let good = json!({ "type": "Polygon", "coordinates": [square(120.0, 30.0)] });
        let with = |geometry: Value| file(json!([region(json!({ "adcode": "330000" }), geometry)]));
        let rings = |ring: Value| with(json!({ "type": "Polygon", "coordinates": [ring] }));
        let coordinates = "/features/0/geometry/coordinates";
        let cases = [
            (b"{".to_vec(), "/".to_owned()),
            (json!({ "type": "Topology", "features": [] }).to_string().into_bytes(), "/type".to_owned()),
            (file(json!([])), "/features".to_owned()),
            (with(json!({ "type": "Point", "coordinates": [120, 30] })), "/".to_owned()),
            (with(json!({ "type": "Polygon", "coordinates": [] })), coordinates.to_owned()),
            (rings(json!([[120, 30], [121, 30], [120, 31]])), format!("{coordinates}/0")),
            (rings(json!([[120, 30], [121, 30], [121, 31], [120, 31]])), format!("{coordinates}/0")),
            (rings(json!([[120, 30], [121, 31], [122, 32], [120, 30]])), format!("{coordinates}/0")),
            (rings(json!([[30, 120], [31, 120], [31, 121], [30, 120]])), format!("{coordinates}/0/0")),
            (rings(json!([[120], [121, 30], [121, 31], [120]])), format!("{coordinates}/0/0")),
            (
                file(json!([region(json!({ "adcode": "33" }), good.clone())])),
                "/features/0/properties".to_owned(),
            ),
            (
                file(json!([region(json!({ "gb": "330000" }), good.clone())])),
                "/features/0/properties".to_owned(),
            ),
            (file(json!([region(Value::Null, good.clone())])), "/features/0/properties".to_owned()),
        ];
        for (file, expected) in cases {
            assert_eq!(pointer(&file), expected, "{}", String::from_utf8_lossy(&file));
        }
        let one = region(json!({ "adcode": "330000" }), good);
        assert_eq!(pointer(&file(json!([one, one]))), "/features/1/properties");
    }

    #[test]
    fn only_wgs_84_is_taken() {
        let features = json!([region(
            json!({ "adcode": "330000" }),
            json!({ "type": "Polygon", "coordinates": [square(120.0, 30.0)] })
        )]);
        let with = |name: &str| {
            let crs = json!({ "type": "name", "properties": { "name": name } });
            json!({ "type": "FeatureCollection", "crs": crs, "features": features }).to_string().into_bytes()
        };
        assert!(parse(&with("urn:ogc:def:crs:OGC:1.3:CRS84")).is_ok());
        assert!(parse(&with("urn:ogc:def:crs:EPSG::4326")).is_ok());
        assert_eq!(pointer(&with("urn:ogc:def:crs:EPSG::3857")), "/crs");
    }

    #[test]
    fn a_file_beyond_the_limits_is_refused() {
        let corners: Vec<Value> = (0..=POSITIONS_MAX).map(|_| json!([120, 30])).collect();
        let many = file(json!([region(
            json!({ "adcode": "330000" }),
            json!({ "type": "Polygon", "coordinates": [corners] })
        )]));
        assert!(matches!(parse(&many), Err(BoundaryError::TooLarge { what: "坐标点 positions", .. })));
        let large = vec![b' '; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
        assert!(matches!(parse(&large), Err(BoundaryError::TooLarge { .. })));
    }
}
