//! What datasets there are: cards, columns, versions, quality, lineage.
