//! Operations as futures and streams, for any executor.

use crate::error::{Error, ErrorKind};
use crate::operation::{Operation, Receipt};
use crate::value::{Change, Value};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Changes that wait to be read; when so many do, the oldest is dropped for a new one, and counted.
const BACKLOG: usize = 4096;

/// What comes one after the other, as `futures::Stream` has it.
pub trait Stream {
    /// What comes.
    type Item;
    /// The next one, or None at the end.
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>>;
    /// A future of the next one.
    fn next(&mut self) -> Next<'_, Self>
    where
        Self: Unpin,
    {
        Next(self)
    }
}

/// The next item of a stream.
pub struct Next<'a, S: ?Sized>(&'a mut S);

impl<S: Stream + Unpin + ?Sized> Future for Next<'_, S> {
    type Output = Option<S::Item>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut *self.0).poll_next(context)
    }
}

/// What the callbacks of an operation and its future share.
#[derive(Default)]
pub(crate) struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    backlog: VecDeque<Change>,
    dropped: u64,
    end: Option<Result<Receipt, Error>>,
    waker: Option<Waker>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock can leave it half done.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A change came.
    pub fn add(&self, value: Value, expired: bool) -> bool {
        let mut oldest = None; // dropped without the lock
        let mut state = self.state();
        if state.backlog.len() == BACKLOG {
            oldest = state.backlog.pop_front();
            state.dropped += 1;
        }
        state.backlog.push_back(Change { value, expired });
        let waker = state.waker.take();
        drop(state);
        drop(oldest);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// The operation is over.
    pub fn finish(&self, result: Result<Receipt, Error>) {
        let mut state = self.state();
        if let Ok(receipt) = &result {
            state.dropped += receipt.dropped as u64;
        }
        state.end = Some(result);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The end of an operation. Dropping it lets the operation go on.
#[must_use = "the operation goes on, but nobody hears of its end"]
pub struct Pending {
    pub(crate) shared: Arc<Shared>,
}

impl Future for Pending {
    type Output = Result<Receipt, Error>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.state();
        match state.end.clone() {
            Some(end) => Poll::Ready(end),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The changes of a key, as they come. Dropping it ends the listen.
pub struct Changes {
    pub(crate) shared: Arc<Shared>,
    pub(crate) operation: Operation,
}

impl Changes {
    /// How many changes nobody read in time.
    pub fn dropped(&self) -> u64 {
        self.shared.state().dropped
    }
}

impl Stream for Changes {
    type Item = Change;
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Change>> {
        let mut state = self.shared.state();
        match (state.backlog.pop_front(), &state.end) {
            (Some(change), _) => Poll::Ready(Some(change)),
            (None, Some(_)) => Poll::Ready(None),
            (None, None) => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.operation.cancel();
    }
}

/// The values of a key, as they are found; an error at the end says why there are no more. Dropping it ends the get.
pub struct Values {
    pub(crate) changes: Changes,
    pub(crate) told: bool,
}

impl Values {
    /// How many values nobody read in time.
    pub fn dropped(&self) -> u64 {
        self.changes.dropped()
    }

    /// All that come, or why not: [`ErrorKind::Dropped`] when some are missing.
    pub async fn collect(mut self) -> Result<Vec<Value>, Error> {
        let mut values = Vec::new();
        while let Some(value) = self.next().await {
            values.push(value?);
        }
        match self.dropped() {
            0 => Ok(values),
            lost => Err(Error::new(ErrorKind::Dropped, format!("{lost} values came faster than they were read"))),
        }
    }
}

impl Stream for Values {
    type Item = Result<Value, Error>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.changes).poll_next(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(change)) => Poll::Ready(Some(Ok(change.value))),
            Poll::Ready(None) => {
                if std::mem::replace(&mut self.told, true) {
                    return Poll::Ready(None);
                }
                let end = self.changes.shared.state().end.clone();
                Poll::Ready(match end {
                    Some(Err(error)) if error.kind != ErrorKind::Cancelled => Some(Err(error)),
                    _ => None,
                })
            }
        }
    }
}

/// Waits on this thread until a future is ready. Not for callbacks: their thread is what the future waits for.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A get that is over, whose values nobody has read; the library dropped some before they came here.
    fn unread(count: usize, dropped: usize) -> Values {
        let shared = Arc::<Shared>::default();
        (0..count).for_each(|_| assert!(shared.add(Value::new("v"), false)));
        shared.finish(Ok(Receipt { dropped, ..Receipt::default() }));
        Values { changes: Changes { shared, operation: Operation(std::ptr::null_mut()) }, told: false }
    }

    #[test]
    fn a_get_says_what_is_missing() {
        let values = unread(BACKLOG, 0);
        assert_eq!((values.dropped(), block_on(values.collect()).unwrap().len()), (0, BACKLOG));
        for (values, lost) in [(unread(BACKLOG + 3, 0), 3), (unread(1, 2), 2)] {
            assert_eq!(values.dropped(), lost);
            assert_eq!(block_on(values.collect()).unwrap_err().kind, ErrorKind::Dropped);
        }
    }
}
