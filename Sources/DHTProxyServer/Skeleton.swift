// The server of the REST proxy is being built here.
internal import AsyncHTTPClient
internal import Hummingbird
internal import HummingbirdHTTP2
internal import HummingbirdTLS
