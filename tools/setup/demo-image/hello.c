/* A dynamic program for demo containers: says hello, and loads the libraries that it is given. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **args)
{
	puts("hello from a dynamic program");
	for (int i = 1; i < count; i++) {
		if (!dlopen(args[i], RTLD_NOW)) {
			fprintf(stderr, "hello: %s\n", dlerror());
			return 1;
		}
		printf("loaded %s\n", args[i]);
	}
	return 0;
}
