// OpenDHT in C++17, header-only over the C library: link with -lopendht-c.
#pragma once

#include <opendht/crypto.h>
#include <opendht/dhtrunner.h>
#include <opendht/infohash.h>
#include <opendht/value.h>

#include <iostream>
