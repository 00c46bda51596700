//! Messages of PostgreSQL's logical replication, protocol version 1 (PostgreSQL 18, §54.9 “Logical Replication Message
//! Formats”), as the plug-in `pgoutput` writes them.
//!
//! A message is read in place and never believed about its lengths: whatever the bytes are, reading ends in a message or
//! in [`Malformed`], and holds no more than the bytes do.

/// Columns of a row: no table has more (`MaxTupleAttributeNumber`).
const COLUMNS_MAX: u16 = 1_664;
/// Longest name, bytes; PostgreSQL's own limit is 63 unless it was compiled otherwise.
const NAME_BYTES_MAX: usize = 1_024;

/// A message that is none, and where it stopped being one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {says}")]
pub struct Malformed {
    /// Offset in the message, bytes.
    pub offset: usize,
    /// What is wrong.
    pub says: &'static str,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// A transaction begins; it is one that was committed.
    Begin {
        /// Where its commit stands in the write-ahead log.
        commit: u64,
        /// When it was committed, microseconds since 2000-01-01.
        at: i64,
        /// Its number, without epoch.
        transaction: u32,
    },
    /// The transaction is whole.
    Commit {
        /// Where its commit stands in the write-ahead log.
        commit: u64,
        /// Where what follows begins.
        end: u64,
    },
    /// What a table is called and which columns it has; sent before its first change and after it was altered.
    Relation(Relation<'a>),
    /// A row was added.
    Insert {
        /// The table.
        relation: u32,
        /// The row.
        new: Tuple<'a>,
    },
    /// A row was changed.
    Update {
        /// The table.
        relation: u32,
        /// The row before, where the table is set to tell it or its key has changed.
        old: Option<Old<'a>>,
        /// The row after.
        new: Tuple<'a>,
    },
    /// A row was deleted.
    Delete {
        /// The table.
        relation: u32,
        /// The row, or its key.
        old: Old<'a>,
    },
    /// Tables were emptied.
    Truncate {
        /// The tables.
        relations: Vec<u32>,
    },
    /// Origin, type or a message of an application: nothing that changes a row.
    Other,
}

/// A table as its changes are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation<'a> {
    /// Number by which changes name it.
    pub id: u32,
    /// Schema.
    pub schema: &'a str,
    /// Name.
    pub name: &'a str,
    /// Columns in the order of values.
    pub columns: Vec<Column<'a>>,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column<'a> {
    /// Whether it is of the key that tells rows apart.
    pub key: bool,
    /// Name.
    pub name: &'a str,
    /// Type, an object identifier.
    pub kind: u32,
}

/// A row before its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old<'a> {
    /// Whether all values are there; otherwise those of the key are, and the others are null.
    pub whole: bool,
    /// The values.
    pub row: Tuple<'a>,
}

/// Values of a row.
pub type Tuple<'a> = Vec<Value<'a>>;

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Null.
    Null,
    /// A long value that was not changed, and is therefore not told (TOAST).
    Unchanged,
    /// The value as text.
    Text(&'a str),
}

impl<'a> Message<'a> {
    /// Read a message that is all of these bytes.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader { bytes, offset: 0 };
        let message = match reader.byte()? {
            b'B' => Self::Begin {
                commit: reader.u64()?,
                at: reader.u64()?.cast_signed(),
                transaction: reader.u32()?,
            },
            b'C' => {
                reader.byte()?;
                let (commit, end) = (reader.u64()?, reader.u64()?);
                reader.u64()?;
                Self::Commit { commit, end }
            }
            b'R' => Self::Relation(reader.relation()?),
            b'I' => {
                let relation = reader.u32()?;
                reader.expect(b'N')?;
                Self::Insert { relation, new: reader.tuple()? }
            }
            b'U' => {
                let relation = reader.u32()?;
                let old = match reader.peek() {
                    Some(b'K' | b'O') => Some(reader.old()?),
                    _ => None,
                };
                reader.expect(b'N')?;
                Self::Update { relation, old, new: reader.tuple()? }
            }
            b'D' => Self::Delete { relation: reader.u32()?, old: reader.old()? },
            b'T' => {
                let count = reader.u32()?;
                reader.byte()?;
                let mut relations = Vec::new();
                for _ in 0..count {
                    relations.push(reader.u32()?);
                }
                Self::Truncate { relations }
            }
            b'O' | b'Y' | b'M' => return Ok(Self::Other),
            _ => return Err(Malformed { offset: 0, says: "an unknown kind of message" }),
        };
        if reader.offset == bytes.len() {
            return Ok(message);
        }
        Err(reader.wrong("there is more than one message"))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    const fn wrong(&self, says: &'static str) -> Malformed {
        Malformed { offset: self.offset, says }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.offset).copied()
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let end = self.offset.checked_add(count).filter(|end| *end <= self.bytes.len());
        let taken = end.and_then(|end| self.bytes.get(self.offset..end));
        let taken = taken.ok_or_else(|| self.wrong("the message ends here"))?;
        self.offset += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| self.wrong("the message ends here"))
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.peek() == Some(byte) {
            self.offset += 1;
            return Ok(());
        }
        Err(self.wrong("a row is expected here"))
    }

    fn text(&self, bytes: &'a [u8]) -> Result<&'a str, Malformed> {
        std::str::from_utf8(bytes).map_err(|_| self.wrong("a text is no UTF-8"))
    }

    fn name(&mut self) -> Result<&'a str, Malformed> {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        let end = rest.iter().take(NAME_BYTES_MAX + 1).position(|byte| *byte == 0);
        let end = end.ok_or_else(|| self.wrong("a name does not end"))?;
        let name = self.take(end)?;
        let name = self.text(name)?;
        self.byte()?;
        Ok(name)
    }

    /// How many columns follow; each is at least a byte long.
    fn columns(&mut self) -> Result<u16, Malformed> {
        let count = self.u16()?;
        if count > COLUMNS_MAX || usize::from(count) > self.bytes.len() - self.offset {
            return Err(self.wrong("there are more columns than a table has"));
        }
        Ok(count)
    }

    fn relation(&mut self) -> Result<Relation<'a>, Malformed> {
        let (id, schema, name) = (self.u32()?, self.name()?, self.name()?);
        self.byte()?;
        let count = self.columns()?;
        let mut columns = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let (flags, name, kind) = (self.byte()?, self.name()?, self.u32()?);
            self.u32()?;
            columns.push(Column { key: flags & 1 != 0, name, kind });
        }
        // An empty schema is that of the system's own tables.
        Ok(Relation { id, schema: if schema.is_empty() { "pg_catalog" } else { schema }, name, columns })
    }

    fn old(&mut self) -> Result<Old<'a>, Malformed> {
        match self.byte()? {
            b'O' => Ok(Old { whole: true, row: self.tuple()? }),
            b'K' => Ok(Old { whole: false, row: self.tuple()? }),
            _ => Err(self.wrong("a key or a row is expected here")),
        }
    }

    fn tuple(&mut self) -> Result<Tuple<'a>, Malformed> {
        let count = self.columns()?;
        let mut values = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            values.push(match self.byte()? {
                b'n' => Value::Null,
                b'u' => Value::Unchanged,
                b't' => {
                    let bytes = self.u32()?;
                    let bytes = usize::try_from(bytes).map_err(|_| self.wrong("the message ends here"))?;
                    let bytes = self.take(bytes)?;
                    Value::Text(self.text(bytes)?)
                }
                _ => return Err(self.wrong("an unknown kind of value")),
            });
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tuple(out: &mut Vec<u8>, tuple: &[Value<'_>]) {
        out.extend((tuple.len() as u16).to_be_bytes());
        for value in tuple {
            match value {
                Value::Null => out.push(b'n'),
                Value::Unchanged => out.push(b'u'),
                Value::Text(text) => {
                    out.push(b't');
                    out.extend((text.len() as u32).to_be_bytes());
                    out.extend(text.as_bytes());
                }
            }
        }
    }

    fn old(out: &mut Vec<u8>, old: &Old<'_>) {
        out.push(if old.whole { b'O' } else { b'K' });
        tuple(out, &old.row);
    }

    /// The bytes of a message, as the server writes them.
    fn written(message: &Message<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        match message {
            Message::Begin { commit, at, transaction } => {
                out.push(b'B');
                out.extend(commit.to_be_bytes());
                out.extend(at.to_be_bytes());
                out.extend(transaction.to_be_bytes());
            }
            Message::Commit { commit, end } => {
                out.extend([b'C', 0]);
                out.extend(commit.to_be_bytes());
                out.extend(end.to_be_bytes());
                out.extend(7u64.to_be_bytes());
            }
            Message::Relation(relation) => {
                out.push(b'R');
                out.extend(relation.id.to_be_bytes());
                out.extend([relation.schema, "\0", relation.name, "\0d"].concat().bytes());
                out.extend((relation.columns.len() as u16).to_be_bytes());
                for column in &relation.columns {
                    out.push(u8::from(column.key));
                    out.extend(column.name.bytes());
                    out.push(0);
                    out.extend(column.kind.to_be_bytes());
                    out.extend((-1i32).to_be_bytes());
                }
            }
            Message::Insert { relation, new } => {
                out.push(b'I');
                out.extend(relation.to_be_bytes());
                out.push(b'N');
                tuple(&mut out, new);
            }
            Message::Update { relation, old: before, new } => {
                out.push(b'U');
                out.extend(relation.to_be_bytes());
                if let Some(before) = before {
                    old(&mut out, before);
                }
                out.push(b'N');
                tuple(&mut out, new);
            }
            Message::Delete { relation, old: before } => {
                out.push(b'D');
                out.extend(relation.to_be_bytes());
                old(&mut out, before);
            }
            Message::Truncate { relations } => {
                out.push(b'T');
                out.extend((relations.len() as u32).to_be_bytes());
                out.push(1);
                for relation in relations {
                    out.extend(relation.to_be_bytes());
                }
            }
            Message::Other => out.extend(b"Otext"),
        }
        out
    }

    fn value() -> impl Strategy<Value = Value<'static>> {
        prop_oneof![
            Just(Value::Null),
            Just(Value::Unchanged),
            prop::sample::select(vec!["", "1", "杭州", "a\n\"b\\"]).prop_map(Value::Text),
        ]
    }

    fn row() -> impl Strategy<Value = Tuple<'static>> {
        prop::collection::vec(value(), 0..6)
    }

    fn before() -> impl Strategy<Value = Old<'static>> {
        (any::<bool>(), row()).prop_map(|(whole, row)| Old { whole, row })
    }

    fn relation() -> impl Strategy<Value = Relation<'static>> {
        let names = || prop::sample::select(vec!["a", "订单", "Odd \"Name"]);
        let column =
            (any::<bool>(), names(), any::<u32>()).prop_map(|(key, name, kind)| Column { key, name, kind });
        (any::<u32>(), names(), names(), prop::collection::vec(column, 0..5))
            .prop_map(|(id, schema, name, columns)| Relation { id, schema, name, columns })
    }

    fn message() -> impl Strategy<Value = Message<'static>> {
        prop_oneof![
            (any::<u64>(), any::<i64>(), any::<u32>()).prop_map(|(commit, at, transaction)| Message::Begin {
                commit,
                at,
                transaction
            }),
            (any::<u64>(), any::<u64>()).prop_map(|(commit, end)| Message::Commit { commit, end }),
            relation().prop_map(Message::Relation),
            (any::<u32>(), row()).prop_map(|(relation, new)| Message::Insert { relation, new }),
            (any::<u32>(), prop::option::of(before()), row())
                .prop_map(|(relation, old, new)| Message::Update { relation, old, new }),
            (any::<u32>(), before()).prop_map(|(relation, old)| Message::Delete { relation, old }),
            prop::collection::vec(any::<u32>(), 0..4).prop_map(|relations| Message::Truncate { relations }),
            Just(Message::Other),
        ]
    }

    proptest! {
        #[test]
        fn what_the_server_writes_is_read(message in message()) {
            let bytes = written(&message);
            prop_assert_eq!(Message::read(&bytes), Ok(message));
        }

        #[test]
        fn a_message_that_is_cut_off_or_goes_on_is_refused(message in message(), cut in any::<prop::sample::Index>()) {
            if message == Message::Other {
                return Ok(());
            }
            let mut bytes = written(&message);
            prop_assert!(Message::read(&bytes[..cut.index(bytes.len())]).is_err());
            bytes.push(0);
            prop_assert!(Message::read(&bytes).is_err());
        }

        #[test]
        fn any_bytes_end_in_a_message_or_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Err(wrong) = Message::read(&bytes) {
                prop_assert!(wrong.offset <= bytes.len() && !wrong.says.is_empty());
            }
        }
    }

    #[test]
    fn lengths_that_lie_are_refused_without_being_filled() {
        // 65,535 columns, and a text of 4 GiB.
        assert!(Message::read(b"I\0\0\0\x01N\xff\xff").is_err());
        assert!(Message::read(b"I\0\0\0\x01N\0\x01t\xff\xff\xff\xffx").is_err());
        assert!(Message::read(b"T\xff\xff\xff\xff\0").is_err());
        assert!(Message::read(b"").is_err() && Message::read(b"Z").is_err());
        assert!(Message::read(b"I\0\0\0\x01N\0\x01t\0\0\0\x01\xff").is_err(), "no UTF-8");
    }
}
