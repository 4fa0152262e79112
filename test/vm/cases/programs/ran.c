/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves /tmp/ran behind, whatever it is called by and with: proof that it ran. */
#include "try.h"

int main(void)
{
	close(check("/tmp/ran", open("/tmp/ran", O_CREAT | O_WRONLY, 0644)));
	return 0;
}
