#pragma once

#include "storage/clock.h"
