//! Notifications, and the connection that receives them.

use std::time::Duration;

use oxyde_driver::{DriverError, Executor as _, Listener, Notification, Pool, PoolSettings};

use crate::server::{Server, run, with_database};

async fn heard(listener: &Listener) -> Notification {
    tokio::time::timeout(Duration::from_secs(10), listener.next())
        .await
        .unwrap()
        .unwrap()
}

fn payload(heard: &Notification) -> &str {
    match heard {
        Notification::Message { payload, .. } => payload,
        Notification::Gap => panic!("a gap"),
    }
}

async fn end_listeners(pool: &Pool) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    pool.fetch_raw(sql, ()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_heard_and_gaps_are_told() {
    with_database(Server::Postgres, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let channels = vec!["a".to_owned(), "B c".to_owned()];
        let listener = pool.listen(channels).await.unwrap();
        run(
            &pool,
            "NOTIFY a, 'one'; NOTIFY \"B c\", 'two'; NOTIFY other",
        )
        .await;
        assert_eq!(payload(&heard(&listener).await), "one");
        assert_eq!(payload(&heard(&listener).await), "two");
        // A dropped call loses no notification.
        let dropped = tokio::time::timeout(Duration::from_millis(20), listener.next()).await;
        assert!(dropped.is_err(), "{dropped:?}");
        run(&pool, "NOTIFY a, 'three'").await;
        assert_eq!(payload(&heard(&listener).await), "three");
        for _ in 0..3 {
            end_listeners(&pool).await;
            run(&pool, "NOTIFY a, 'lost'").await;
            assert_eq!(heard(&listener).await, Notification::Gap);
            run(&pool, "NOTIFY a, 'four'").await;
            assert_eq!(payload(&heard(&listener).await), "four");
        }
        let (waits, ()) = tokio::join!(listener.next(), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            pool.close().await;
        });
        assert!(
            matches!(waits, Err(DriverError::Closed { .. })),
            "{waits:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn elsewhere_it_is_refused() {
    for server in [Server::Sqlite, Server::Mysql, Server::Mariadb] {
        with_database(server, |database| async move {
            let pool = database.pool(PoolSettings::default()).await;
            let problem = pool.listen(vec!["a".to_owned()]).await.unwrap_err();
            assert!(
                matches!(problem, DriverError::Unsupported { .. }),
                "{problem:?}"
            );
            assert!(problem.hint().is_some());
            pool.close().await;
        })
        .await;
    }
}
