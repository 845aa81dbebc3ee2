// The library's own.
#pragma once

#include "salvor/error.h"
