#ifndef SLUICE_CSSH2_SHIM_H
#define SLUICE_CSSH2_SHIM_H

#include <libssh2.h>

#endif
