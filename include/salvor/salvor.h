// All of the library.
#pragma once

#include "salvor/case.h"
#include "salvor/error.h"
#include "salvor/instant.h"
#include "salvor/inventory.h"
#include "salvor/partition.h"
#include "salvor/plan.h"
#include "salvor/progress.h"
#include "salvor/proof.h"
#include "salvor/result.h"
#include "salvor/table.h"
#include "salvor/version.h"
