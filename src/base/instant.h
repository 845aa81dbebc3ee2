// The library's own.
#pragma once

#include "salvor/instant.h"
