//! Connections of one address.

use crate::network::{Neighbourhood, neighbourhood};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts by address; bounded by the connections there may be.
#[derive(Clone)]
pub(crate) struct Crowd {
    most: u32,
    open: Arc<Mutex<HashMap<Neighbourhood, u32>>>,
}

/// One connection of an address; leaves when dropped.
pub(crate) struct Member {
    crowd: Crowd,
    of: Neighbourhood,
}

impl Crowd {
    pub(crate) fn new(most: u32) -> Self {
        Self { most: most.max(1), open: Arc::default() }
    }

    /// One more connection of this address; `None` when it has as many as it may.
    pub(crate) fn join(&self, address: IpAddr) -> Option<Member> {
        let of = neighbourhood(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(of).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Member { crowd: self.clone(), of })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut open = self.crowd.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.of);
            }
        }
    }
}
