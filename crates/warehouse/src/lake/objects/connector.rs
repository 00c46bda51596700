//! Requests to the store leave by the way all calls leave, so that no second HTTP client or TLS stack exists.

use async_trait::async_trait;
use brain_egress::{Call, Egress, Error, Streamed};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use tokio::sync::mpsc;

/// Pieces of an answer that wait for their reader; more are not taken from the network.
const PIECES_WAITING: usize = 4;

/// Makes clients that call through this guard.
#[derive(Debug)]
pub(super) struct Connector(pub(super) Egress);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Guarded(self.0.clone())))
    }
}

#[derive(Debug)]
struct Guarded(Egress);

#[async_trait]
impl HttpService for Guarded {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let call = Call::new("lake", head.method, head.uri.to_string()).headers(head.headers);
        let answer = self.0.stream(call.body(whole(body).await?)).await.map_err(failed)?;
        let (status, headers) = (answer.status, answer.headers.clone());
        let mut response = HttpResponse::new(flowing(answer));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// The body of a request in one piece; one that is one already is not copied.
async fn whole(mut body: HttpRequestBody) -> Result<Bytes, HttpError> {
    if let Some(bytes) = body.as_bytes() {
        return Ok(bytes.clone());
    }
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        match &first {
            None => first = Some(piece),
            Some(begin) => {
                if more.is_empty() {
                    more.extend_from_slice(begin);
                }
                more.extend_from_slice(&piece);
            }
        }
    }
    Ok(if more.is_empty() { first.unwrap_or_default() } else { more.freeze() })
}

/// A body that is read as it comes. Who stops reading ends the call.
fn flowing(mut answer: Streamed) -> HttpResponseBody {
    let (sender, mut receiver) = mpsc::channel::<Result<Bytes, HttpError>>(PIECES_WAITING);
    tokio::spawn(async move {
        loop {
            let piece = match answer.next().await {
                Ok(None) => break,
                Ok(Some(piece)) => Ok(piece),
                Err(error) => Err(failed(error)),
            };
            let last = piece.is_err();
            if sender.send(piece).await.is_err() || last {
                break;
            }
        }
    });
    let pieces = futures::stream::poll_fn(move |context| {
        receiver.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    });
    HttpResponseBody::new(StreamBody::new(pieces))
}

/// How a failed call counts: one that may have arrived is repeated only where repeating does no harm.
fn failed(error: Error) -> HttpError {
    let kind = match &error {
        Error::TimedOut { .. } => HttpErrorKind::Timeout,
        Error::Failed { .. } => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}
