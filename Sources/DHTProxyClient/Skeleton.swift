// The client of the REST proxy is being built here.
internal import AsyncHTTPClient
