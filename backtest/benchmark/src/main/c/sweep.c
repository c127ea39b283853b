/*
 * The sweep of SweepFormula over columns, written by hand: what the processor can do.
 *
 * usage: sweep COLUMNS FORMULAS STEP_NS
 *
 * Samples of a block stay in the first-level cache while formula after formula goes over them, as in
 * the engine. Sums are added in the order of time, as the engine's are, so that the results can be
 * compared bit by bit; compile with -ffp-contract=off for that. With -ffast-math the compiler may add
 * in any order: faster, and another result.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BLOCK 512
#define COLUMNS 7

struct formula { double share, times, reserve; };
struct sums { double over, slack; int64_t above; };

/* Seconds on the processor: other programs on a busy machine do not count. */
static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One formula over the samples [from, to) of an instance; headroom and ns belong to sample i. */
static void run(const struct formula *f, struct sums *s, const double *restrict mm,
		const double *restrict shmem, const double *restrict pt, const double *restrict slab,
		const double *restrict headroom, const double *restrict peak, double ns, long from, long to) {
	double over = s->over, slack = s->slack;
	int64_t above = s->above;
	double share = f->share, times = f->times, reserve = f->reserve;
	for (long i = from; i < to; i++) {
		double limit = floor(mm[i] * share - (shmem[i] + pt[i] * times + slab[i]) - reserve);
		double beyond = limit - headroom[i];
		double area = beyond * ns;
		over += beyond > 0 ? area : 0;
		slack += beyond > 0 ? 0 : -area;
		above += peak[i + 1] > limit;
	}
	s->over = over;
	s->slack = slack;
	s->above = above;
}

int main(int argc, char **argv) {
	if (argc != 4) {
		fprintf(stderr, "usage: sweep COLUMNS FORMULAS STEP_NS\n");
		return 2;
	}
	FILE *list = fopen(argv[2], "r");
	if (!list) {
		perror(argv[2]);
		return 2;
	}
	struct formula *formulas = malloc(1000000 * sizeof *formulas);
	int count = 0;
	while (fscanf(list, "%lf %lf %lf", &formulas[count].share, &formulas[count].times,
		       &formulas[count].reserve) == 3)
		count++;
	fclose(list);
	double ns = atof(argv[3]);
	FILE *file = fopen(argv[1], "rb");
	if (!file) {
		perror(argv[1]);
		return 2;
	}
	struct sums *sums = NULL;
	int instances = 0;
	double seconds = 0;
	double length;
	while (fread(&length, sizeof length, 1, file) == 1) {
		long n = (long)length;
		double *column[COLUMNS];
		for (int c = 0; c < COLUMNS; c++) {
			column[c] = malloc((size_t)n * sizeof(double));
			if (fread(column[c], sizeof(double), (size_t)n, file) != (size_t)n)
				return 3;
		}
		double *headroom = malloc((size_t)n * sizeof(double));
		sums = realloc(sums, (size_t)(instances + 1) * (size_t)count * sizeof *sums);
		struct sums *mine = sums + (size_t)instances * (size_t)count;
		for (int f = 0; f < count; f++)
			mine[f] = (struct sums){0};
		double start = now();
		for (long i = 0; i < n; i++)
			headroom[i] = column[0][i] - column[1][i] - column[2][i] - column[4][i] - column[3][i] - column[5][i];
		for (long from = 0; from < n - 1; from += BLOCK) {
			long to = from + BLOCK < n - 1 ? from + BLOCK : n - 1;
			for (int f = 0; f < count; f++)
				run(&formulas[f], &mine[f], column[0], column[1], column[2], column[3], headroom,
				    column[6], ns, from, to);
		}
		seconds += now() - start;
		for (int c = 0; c < COLUMNS; c++)
			free(column[c]);
		free(headroom);
		instances++;
	}
	fclose(file);
	printf("%.6f\n", seconds);
	for (int k = 0; k < instances; k++)
		for (int f = 0; f < count; f++) {
			struct sums *s = sums + (size_t)k * (size_t)count + f;
			printf("%d %.17g %.17g %lld\n", f, s->over, s->slack, (long long)s->above);
		}
	return 0;
}
