//! The migrator's lock where several servers accept writes (Galera, MySQL's Group Replication): rows of
//! a table beside the ledger. Only one of two transactions that write the same row is committed,
//! whichever servers they are sent to.
//!
//! One row has the owner. It is written by who becomes the owner, and by each transaction of the owner,
//! so that none of these is committed after another migrator has taken the lease over. Another row says
//! until when the lease is valid; it is renewed over a connection of its own, also during long steps,
//! with which it must not conflict. A lease that was not renewed is asked for first: in a cluster
//! that blocks all writes during a long ALTER TABLE, the owner can renew it as soon as others can write.

use std::time::{Duration, Instant};

use oxyde_driver::{Cause, DriverError};

use crate::session::{Session, SessionTransaction};

/// How often the owner renews the lease.
pub(crate) const RENEWED_EVERY: Duration = Duration::from_secs(2);
/// For how many seconds a lease is valid.
const VALID: u32 = 10;
/// How long the owner may take to renew a lease that was asked for.
const GRACE: Duration = Duration::from_secs(5);

/// The lease of one database, and who asks for it or owns it.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    /// The table, as SQL.
    table: String,
    /// This migrator.
    owner: String,
}

/// The rows of the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    /// Empty if the lease is free.
    owner: String,
    renewals: String,
    is_over: bool,
}

impl Lease {
    /// Whether a transaction wrote the owner's row: not if another migrator is the owner.
    ///
    /// # Errors
    /// The database refuses a statement, or the connection is lost.
    pub(crate) async fn guards(
        &self,
        transaction: &SessionTransaction,
    ) -> Result<bool, DriverError> {
        let (table, owner) = (&self.table, &self.owner);
        transaction
            .run(&format!(
                "UPDATE {table} SET writes = writes + 1 WHERE part = 'owner' AND owner = '{owner}'"
            ))
            .await?;
        let rows = transaction.rows(&self.owned("part = 'owner'")).await?;
        Ok(!rows.is_empty())
    }

    /// Whether this migrator is the owner, as far as this server knows.
    ///
    /// # Errors
    /// The database refuses a statement, or the connection is lost.
    pub(crate) async fn is_held(&self, session: &Session) -> Result<bool, DriverError> {
        let rows = session.rows(&self.owned("part = 'owner'")).await?;
        Ok(!rows.is_empty())
    }

    fn owned(&self, condition: &str) -> String {
        format!(
            "SELECT part FROM {} WHERE owner = '{}' AND {condition}",
            self.table, self.owner
        )
    }

    /// Renew it.
    ///
    /// # Errors
    /// The database refuses a statement, or the connection is lost.
    pub(crate) async fn renew(&self, session: &Session) -> Result<(), DriverError> {
        session
            .run(&format!(
                "UPDATE {} SET {} WHERE part = 'renewed' AND owner = '{}'",
                self.table,
                validity(),
                self.owner
            ))
            .await
    }

    /// Give it back.
    ///
    /// # Errors
    /// The database refuses a statement, or the connection is lost.
    pub(crate) async fn release(&self, session: &Session) -> Result<(), DriverError> {
        let sql = format!(
            "UPDATE {} SET owner = '' WHERE owner = '{}'",
            self.table, self.owner
        );
        let mut attempts = 5;
        loop {
            match session.run(&sql).await {
                Err(error) if is_conflict(&error) && attempts > 0 => attempts -= 1,
                other => return other,
            }
        }
    }

    async fn look(&self, session: &Session) -> Result<Option<Seen>, DriverError> {
        let rows = session
            .rows(&format!(
                "SELECT a.owner, b.writes, b.valid_until < UTC_TIMESTAMP(3) \
                 FROM {table} a JOIN {table} b ON b.part = 'renewed' WHERE a.part = 'owner'",
                table = self.table
            ))
            .await?;
        let cells = rows.into_iter().next().map(|row| row.into_iter().flatten());
        Ok(cells.and_then(|mut cells| {
            Some(Seen {
                owner: cells.next()?,
                renewals: cells.next()?,
                is_over: cells.next()? == "1",
            })
        }))
    }

    /// Become the owner, unless another migrator was faster or the lease was renewed.
    async fn claim(&self, session: &Session, seen: &Seen) -> Result<bool, DriverError> {
        let (
            table,
            owner,
            Seen {
                owner: before,
                renewals,
                ..
            },
        ) = (&self.table, &self.owner, seen);
        let transaction = session.begin().await?;
        for sql in [
            format!(
                "UPDATE {table} SET owner = '{owner}' WHERE part = 'owner' AND owner = '{before}'"
            ),
            format!(
                "UPDATE {table} SET owner = '{owner}', {} \
                 WHERE part = 'renewed' AND owner = '{before}' AND writes = {renewals}",
                validity()
            ),
        ] {
            transaction.run(&sql).await?;
        }
        let rows = transaction.rows(&self.owned("part <> 'asked'")).await?;
        if rows.len() < 2 {
            transaction.rollback().await?;
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }
}

fn validity() -> String {
    format!("valid_until = UTC_TIMESTAMP(3) + INTERVAL {VALID} SECOND, writes = writes + 1")
}

/// Whether another transaction was first, or holds a lock.
pub(crate) fn is_conflict(error: &DriverError) -> bool {
    matches!(
        error.cause(),
        Some(Cause::Deadlock | Cause::LockTimeout | Cause::Serialization)
    )
}

/// A migrator that waits for the lease.
#[derive(Debug, Default)]
pub(crate) struct Applicant {
    lease: Option<Lease>,
    /// What was seen when a lease that is over was asked for, and when.
    asked: Option<(Seen, Instant)>,
    /// Whether the lease was taken over from a migrator that did not renew it.
    pub(crate) took_over: bool,
}

impl Applicant {
    /// Try to become the owner.
    ///
    /// # Errors
    /// The database refuses a statement, or the connection is lost.
    pub(crate) async fn try_claim(
        &mut self,
        session: &Session,
    ) -> Result<Option<Lease>, DriverError> {
        match self.attempt(session).await {
            Err(error) if is_conflict(&error) => Ok(None),
            other => other,
        }
    }

    async fn attempt(&mut self, session: &Session) -> Result<Option<Lease>, DriverError> {
        let lease = match &self.lease {
            Some(lease) => lease.clone(),
            None => self.lease.insert(prepared(session).await?).clone(),
        };
        let Some(seen) = lease.look(session).await? else {
            self.lease = None;
            return Ok(None);
        };
        let is_free = seen.owner.is_empty();
        if !is_free && !self.is_forfeited(session, &lease, &seen).await? {
            return Ok(None);
        }
        let is_owner = lease.claim(session, &seen).await?;
        self.took_over = is_owner && !is_free;
        Ok(is_owner.then_some(lease))
    }

    /// Whether the owner had its time to renew a lease that is over.
    async fn is_forfeited(
        &mut self,
        session: &Session,
        lease: &Lease,
        seen: &Seen,
    ) -> Result<bool, DriverError> {
        if !seen.is_over {
            self.asked = None;
            return Ok(false);
        }
        if let Some((then, at)) = &self.asked
            && then == seen
        {
            return Ok(at.elapsed() >= GRACE);
        }
        let sql = "SET writes = writes + 1 WHERE part = 'asked'";
        session
            .run(&format!("UPDATE {} {sql}", lease.table))
            .await?;
        self.asked = Some((seen.clone(), Instant::now()));
        Ok(false)
    }
}

/// Create the table and its rows, if they are missing.
async fn prepared(session: &Session) -> Result<Lease, DriverError> {
    let ledger = session.ledger();
    let server = super::of(session.style());
    // The statement conflicts with transactions of the owner, even if the table exists.
    if !server
        .has_table(session, ledger.schema(), &ledger.lease_name())
        .await?
    {
        session.run(&ledger.create_lease()).await?;
    }
    let table = ledger.lease();
    let rows = session.rows(&format!("SELECT part FROM {table}")).await?;
    if rows.len() < 3 {
        let rows =
            ["owner", "renewed", "asked"].map(|part| format!("('{part}', '', '2000-01-01', 0)"));
        let sql = format!(
            "INSERT IGNORE INTO {table} (part, owner, valid_until, writes) VALUES {}",
            rows.join(", ")
        );
        session.run(&sql).await?;
    }
    let owner = session.scalar("SELECT UUID()").await?.unwrap_or_default();
    Ok(Lease { table, owner })
}
