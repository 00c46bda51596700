//! Products as people see them: the shelf, and one product.

use super::{
    Column, Contract, Definition, Difference, Form, NewProduct, Parameter, Product, Products, Published, Sla,
    SlaReport, State, is_own,
};
use crate::Result;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_store::{Page, PageRequest};
use brain_trust::Ask;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// Which products to list. Everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProductQuery {
    /// 在标识、名称、说明、所有者与字段中查找 · Words looked for in name, titles, descriptions, owner and columns.
    #[schemars(length(max = 100))]
    pub text: Option<String>,
    /// 形态 · Only those offered in this form.
    pub form: Option<Form>,
    /// 状态 · Only those in this state.
    pub state: Option<State>,
    /// 只看本单位的 · Only one's own.
    pub mine: Option<bool>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 1000 · Products per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub page_size: Option<u64>,
}

/// A product on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductCard")]
pub struct ProductCard {
    /// Its id; as a dataset it is `product.<id>`.
    pub id: String,
    /// Title.
    pub title: Text,
    /// What it holds.
    pub description: Text,
    /// Who offers it (USCC) or `node`.
    pub owner: String,
    /// Where it stands.
    pub state: State,
    /// Semantic version offered; none before the first.
    pub version: Option<String>,
    /// Forms it is offered in.
    pub forms: BTreeSet<Form>,
    /// Highest label of what it reads.
    pub grade: Option<Grade>,
    /// Columns.
    pub columns: u64,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Whether the caller acts for its owner.
    pub own: bool,
    /// Whether the caller may read it now.
    pub open: bool,
}

/// A field of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductField")]
pub struct FieldCard {
    /// Column name.
    pub name: String,
    /// Arrow type.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether values may be missing.
    pub nullable: bool,
    /// Meaning.
    pub title: Text,
    /// Unit of the numbers.
    pub unit: Option<String>,
    /// Grade, inherited from the columns its values are computed from.
    pub grade: Grade,
    /// Those columns, as `dataset.column`; for the owner only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub origins: Vec<String>,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductVersion")]
pub struct VersionCard {
    /// Semantic version.
    pub version: String,
    /// What changed, in the words of who published.
    pub note: String,
    /// Whether callers of the version before may break.
    pub breaking: bool,
    /// What differs from the version before.
    pub differences: Vec<Difference>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

/// Everything a caller may know of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductDetail")]
pub struct ProductDetail {
    /// The product in one line.
    pub card: ProductCard,
    /// Counts changes; sent back with the next one.
    pub revision: i64,
    /// Its fields.
    pub fields: Vec<FieldCard>,
    /// Parameters of its query.
    pub parameters: Vec<Parameter>,
    /// What a consumer agrees to; none before the first version.
    pub contract: Option<Contract>,
    /// The same as an ODRL offer.
    pub offer: Option<Value>,
    /// What the owner promises.
    pub sla: Option<Sla>,
    /// What was measured of it.
    pub measured: Option<SlaReport>,
    /// Versions, newest first.
    pub versions: Vec<VersionCard>,
    /// Datasets it reads; for the owner only.
    pub inputs: Option<Vec<String>>,
    /// What would be published next; for the owner only.
    pub draft: Option<NewProduct>,
}

impl Products {
    /// The shelf: what is offered, and one's own.
    pub fn list(&self, party: &Party, query: &ProductQuery) -> Page<ProductCard> {
        let text = query.text.as_deref().unwrap_or_default().to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let products = self.inner.products.products.load();
        let found = products
            .values()
            .filter(|product| product.state.is_offered() || is_own(party, &product.row.owner))
            .filter(|product| query.state.is_none_or(|state| product.state == state))
            .filter(|product| !query.mine.unwrap_or_default() || is_own(party, &product.row.owner))
            .filter(|product| query.form.is_none_or(|form| shown(product).forms.contains(&form)))
            .filter(|product| mentions(product, &words))
            .collect::<Vec<_>>();
        let request = PageRequest::new(
            query.page.unwrap_or(1),
            query.page_size.unwrap_or(brain_store::page::PAGE_SIZE_DEFAULT),
        );
        let skip = usize::try_from(request.offset()).unwrap_or(usize::MAX);
        let take = usize::try_from(request.page_size).unwrap_or(usize::MAX);
        Page {
            total: found.len() as u64,
            items: found.into_iter().skip(skip).take(take).map(|product| self.card(party, product)).collect(),
            page: request.page,
            page_size: request.page_size,
        }
    }

    /// One product.
    pub async fn get(&self, party: &Party, id: &str) -> Result<ProductDetail> {
        let product = self.visible(party, id)?;
        let own = is_own(party, &product.row.owner);
        let card = self.card(party, &product);
        let current = product.current();
        let grade = card.grade.unwrap_or(Grade::Core);
        let fields = current.iter().flat_map(|version| &version.columns).map(|column| {
            let field = self.field(column, grade);
            if own { field } else { FieldCard { origins: Vec::new(), ..field } }
        });
        let measured = match current {
            Some(version) => Some(self.measured(id, version).await?),
            None => None,
        };
        let contract = current.map(|version| version.definition.contract.clone());
        Ok(ProductDetail {
            revision: product.row.revision,
            fields: fields.collect(),
            parameters: shown(&product).source.parameters().to_vec(),
            offer: current.zip(contract.as_ref()).map(|(version, contract)| {
                contract.offer(id, &version.semver.to_string(), &product.row.owner)
            }),
            contract,
            sla: current.map(|version| version.definition.sla.clone()),
            measured,
            versions: product.versions.iter().rev().map(|version| version_card(version)).collect(),
            inputs: own.then(|| current.map(|version| version.inputs.clone()).unwrap_or_default()),
            draft: own.then(|| draft(&product)),
            card,
        })
    }

    fn card(&self, party: &Party, product: &Product) -> ProductCard {
        let current = product.current();
        let facts = current.map(|version| self.inner.product_facts(product, version));
        let open = facts.as_ref().is_some_and(|facts| {
            let ask = Ask::read("browse");
            product.state.is_offered() && self.inner.trust.policy().decide(party, facts, &ask).allow
        });
        let row = &product.row;
        ProductCard {
            id: row.id.clone(),
            title: Text::new(&row.title_zh, &row.title_en),
            description: Text::new(&row.description_zh, &row.description_en),
            owner: row.owner.clone(),
            state: product.state,
            version: current.map(|version| version.semver.to_string()),
            forms: shown(product).forms.clone(),
            grade: facts.map(|facts| facts.grade),
            columns: current.map_or(0, |version| version.columns.len() as u64),
            updated_at: row.updated_at,
            own: is_own(party, &row.owner),
            open,
        }
    }

    pub(super) fn field(&self, column: &Column, whole: Grade) -> FieldCard {
        FieldCard {
            name: column.name.clone(),
            data_type: column.data_type.clone(),
            nullable: column.nullable,
            title: column.title.clone(),
            unit: column.unit.clone(),
            grade: self.inner.column_grade(column, whole),
            origins: column.origins.iter().map(|(dataset, name)| format!("{dataset}.{name}")).collect(),
        }
    }
}

/// The definition to show: what is offered, before that the draft.
fn shown(product: &Product) -> &Definition {
    product.current().map_or(&product.draft, |version| &version.definition)
}

fn draft(product: &Product) -> NewProduct {
    let row = &product.row;
    NewProduct {
        id: row.id.clone(),
        title: Text::new(&row.title_zh, &row.title_en),
        description: Text::new(&row.description_zh, &row.description_en),
        definition: product.draft.clone(),
    }
}

fn version_card(version: &Published) -> VersionCard {
    VersionCard {
        version: version.semver.to_string(),
        note: version.note.clone(),
        breaking: version.breaking,
        differences: version.differences.clone(),
        published_at: version.published_at,
    }
}

fn mentions(product: &Product, words: &[&str]) -> bool {
    if words.is_empty() {
        return true;
    }
    let row = &product.row;
    let mut text =
        [&row.id, &row.title_zh, &row.title_en, &row.description_zh, &row.description_en, &row.owner]
            .map(|part| part.to_lowercase())
            .join("\n");
    for column in product.current().iter().flat_map(|version| &version.columns) {
        for part in [&column.name, &column.title.zh, &column.title.en] {
            text.push('\n');
            text.push_str(&part.to_lowercase());
        }
    }
    words.iter().all(|word| text.contains(word))
}
