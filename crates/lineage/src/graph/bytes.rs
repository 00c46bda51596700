//! The graph as bytes, and back, with a checksum over all of them.
//!
//! `BLIN`, version, then texts, nodes and parts, each with its count; numbers are little-endian; the last four bytes
//! are the CRC-32 of everything before. Nothing is allocated by a count that the remaining bytes cannot hold.

use super::name::{NONE, Names, Node, NodeKind, Nodes};
use super::{EDGES_MAX, Graph, PartState};
use crate::error::{LineageError, Result};
use crate::kind::EdgeKind;
use std::sync::Arc;

/// The layout written; another is refused.
pub const FORMAT_VERSION: u16 = 1;

const MAGIC: &[u8; 4] = b"BLIN";

impl Graph {
    /// The graph as bytes; equal graphs built in the same order give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.nodes.len() * 16 + self.edges() * 9);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        let texts: Vec<&str> = (0..).map_while(|at| self.names.get(at)).collect();
        number(&mut out, texts.len());
        for text in texts {
            number(&mut out, text.len());
            out.extend_from_slice(text.as_bytes());
        }
        number(&mut out, self.nodes.len());
        for node in (0..).map_while(|at| self.nodes.get(at)) {
            out.push(node.kind as u8);
            out.extend_from_slice(&node.name.to_le_bytes());
            out.extend_from_slice(&node.parent.to_le_bytes());
        }
        let parts: Vec<&PartState> = self.parts.iter().filter(|part| !part.gone).collect();
        number(&mut out, parts.len());
        for part in parts {
            number(&mut out, part.key.len());
            out.extend_from_slice(part.key.as_bytes());
            number(&mut out, part.declared.len());
            part.declared.iter().for_each(|node| out.extend_from_slice(&node.to_le_bytes()));
            number(&mut out, part.edges.len());
            for (source, target, kind) in &part.edges {
                out.extend_from_slice(&source.to_le_bytes());
                out.extend_from_slice(&target.to_le_bytes());
                out.push(*kind as u8);
            }
        }
        let sum = crc32fast::hash(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or(LineageError::Stored("too short"))?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err(LineageError::Stored("the checksum differs"));
        }
        let mut reader = Reader { rest: body };
        if reader.take(4)? != MAGIC {
            return Err(LineageError::Stored("it does not begin as one"));
        }
        if reader.array::<2>()? != FORMAT_VERSION.to_le_bytes() {
            return Err(LineageError::Stored("written by another version"));
        }
        let mut graph = Self::default();
        for _ in 0..reader.count(4)? {
            let text = reader.text()?;
            graph.names.intern(text)?;
        }
        for _ in 0..reader.count(9)? {
            let node = reader.node(&graph.names, &graph.nodes)?;
            graph.nodes.intern(node)?;
        }
        let mut edges = 0;
        for _ in 0..reader.count(12)? {
            let part = reader.part(graph.nodes.len())?;
            edges += part.edges.len();
            if edges > EDGES_MAX {
                return Err(LineageError::TooMany { what: "edges", max: EDGES_MAX });
            }
            graph.nodes.hold(&part.declared);
            graph.part_index.insert(part.key.clone(), graph.parts.len() as u32);
            graph.parts.push(part);
        }
        if !reader.rest.is_empty() {
            return Err(LineageError::Stored("more bytes than it says"));
        }
        graph.compact();
        Ok(graph)
    }
}

fn number(out: &mut Vec<u8>, value: usize) {
    out.extend_from_slice(&(value as u32).to_le_bytes());
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (head, rest) =
            self.rest.split_at_checked(bytes).ok_or(LineageError::Stored("it ends too early"))?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) =
            self.rest.split_first_chunk::<N>().ok_or(LineageError::Stored("it ends too early"))?;
        self.rest = rest;
        Ok(*head)
    }

    fn number(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A count of things of at least so many bytes each.
    fn count(&mut self, bytes_each: usize) -> Result<usize> {
        let count = self.number()? as usize;
        if count > self.rest.len() / bytes_each {
            return Err(LineageError::Stored("a count is too large"));
        }
        Ok(count)
    }

    fn text(&mut self) -> Result<&'a str> {
        let bytes = self.count(1)?;
        std::str::from_utf8(self.take(bytes)?).map_err(|_| LineageError::Stored("a name is not UTF-8"))
    }

    fn node(&mut self, names: &Names, nodes: &Nodes) -> Result<Node> {
        let wrong = LineageError::Stored("a node is wrong");
        let [kind] = self.array()?;
        let kind = NodeKind::from_number(kind).ok_or(wrong.clone())?;
        let (name, parent) = (self.number()?, self.number()?);
        let parent_fits = match kind.owner() {
            Some(owner) => nodes.get(parent).is_some_and(|found| found.kind == owner),
            None => parent == NONE,
        };
        if names.get(name).is_none() || !parent_fits {
            return Err(wrong);
        }
        Ok(Node { kind, name, parent })
    }

    fn part(&mut self, nodes: usize) -> Result<PartState> {
        let wrong = LineageError::Stored("an edge leads nowhere");
        let known = |node: u32| if (node as usize) < nodes { Ok(node) } else { Err(wrong.clone()) };
        let key: Arc<str> = self.text()?.into();
        let mut declared = Vec::new();
        for _ in 0..self.count(4)? {
            declared.push(known(self.number()?)?);
        }
        let mut edges = Vec::new();
        for _ in 0..self.count(9)? {
            let (source, target) = (known(self.number()?)?, known(self.number()?)?);
            let [kind] = self.array()?;
            let kind = EdgeKind::from_number(kind).ok_or(LineageError::Stored("an edge of no kind"))?;
            edges.push((source, target, kind));
        }
        Ok(PartState { key, edges, declared, in_arrays: false, gone: false })
    }
}
